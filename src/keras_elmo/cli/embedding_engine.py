"""What `embed` computes with: the one place that knows engines, and that imports Keras for them."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from keras_elmo._values import Engine as EngineName
from keras_elmo._values import EnginePrecision
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.elmo import check_elmo_options, chosen_elmo

if TYPE_CHECKING:
    from keras_elmo.embedding.output.embed_file import FeatureSource
    from keras_elmo.weights.sources.published import PublishedElmo


class EngineOptions(NamedTuple):
    """Which ELMo, and how it is computed."""

    preset: str | None
    weights: Path | None
    options: Path | None
    vocabulary: Path | None
    engine: EngineName
    precision: EnginePrecision
    stateful: bool
    batch_size: int

    def elmo(self) -> "PublishedElmo":
        """What the files hold."""
        from keras_elmo.weights.detection import load_elmo

        chosen = chosen_elmo(self.preset, self.weights, self.options, self.vocabulary)
        return load_elmo(chosen) if isinstance(chosen, str) else chosen

    def job(self) -> dict[str, str | int | bool | None]:
        """What of it shapes the numbers, with the weights told by a hash.

        Raises:
            ValueError: a combination that means nothing, or that there is not yet.
            FileNotFoundError: no such preset or file.
        """
        from keras_elmo.embedding.engines.engines import choose_engine
        from keras_elmo.embedding.store.fingerprint import fingerprint
        from keras_elmo.files.opening import check_file
        from keras_elmo.weights.sources.presets import DEFAULT_PRESET

        check_elmo_options(self.preset, self.weights, self.options, self.vocabulary)
        engine = choose_engine(self.engine, self.precision, loaded=self.stateful)
        if self.stateful and (engine, self.precision) != ("keras", "float32"):
            raise ValueError(
                "`--stateful` is computed by `--engine keras` at `--precision float32`. "
                f"Received: --engine {self.engine}, --precision {self.precision}"
            )
        name = str(self.weights or self.preset or DEFAULT_PRESET)
        files = [path for path in (self.weights, self.options, self.vocabulary) if path]
        for path in files:
            check_file(path)
        elmo = self.elmo()
        lexicon = {"words": elmo.words, "characters": elmo.characters}
        return {
            "model": fingerprint({**elmo.config, **lexicon}, elmo.variables),
            "model_name": name,
            "engine": engine,
            "backend": _backend(engine),
            "precision": self.precision,
            "stateful": self.stateful,
            "batch_size": self.batch_size if self.stateful else None,
        }


def load_engine(chosen: EngineOptions) -> "FeatureSource":
    """Load the ELMo into the engine that was chosen.

    Raises:
        ValueError, OSError: as `chosen_elmo`.
    """
    from keras_elmo.embedding.embedder import ElmoEmbedder
    from keras_elmo.embedding.engines.engines import choose_engine
    from keras_elmo.embedding.output.embed_file import FeatureSource

    if chosen.stateful:
        return _stateful_engine(chosen)
    if choose_engine(chosen.engine, chosen.precision) == "keras":
        load_backend()  # without its notices
    embedder = ElmoEmbedder(chosen.elmo(), engine=chosen.engine, precision=chosen.precision)
    return FeatureSource(
        embedder.embed_iter,
        embedder.engine.config["num_layers"],
        embedder.save_words,
        embedder.load_words,
    )


def _stateful_engine(chosen: EngineOptions) -> "FeatureSource":
    load_backend()
    from keras_elmo.elmo.loading import load_backbone_and_preprocessor

    backbone, preprocessor = load_backbone_and_preprocessor(
        chosen_elmo(chosen.preset, chosen.weights, chosen.options, chosen.vocabulary),
        tokenizer="whitespace",  # for strings; `embed` gives token lists
        stateful=True,
        batch_size=chosen.batch_size,
    )
    import keras
    import numpy as np

    from keras_elmo.embedding.embedder import ElmoEmbedder
    from keras_elmo.embedding.output.embed_file import FeatureSource
    from keras_elmo.files.npz_file import read_npz

    embedder = ElmoEmbedder(backbone, preprocessor)
    carried = [variable for variable in backbone.variables if variable.name == "state"]

    def save_state(path: Path) -> None:
        np.savez(path, *(keras.ops.convert_to_numpy(variable) for variable in carried))

    def load_state(path: Path) -> None:
        hint = "Begin anew with `--restart`."
        arrays = read_npz(path, "the states of a stateful ELMo", hint=hint)
        for variable, array in zip(carried, arrays.values(), strict=True):
            variable.assign(array)

    return FeatureSource(embedder.embed_iter, backbone.config.num_layers, save_state, load_state)


def _backend(engine: str) -> str:
    from keras_elmo._backend import ensure_backend

    return ensure_backend() if engine == "keras" else "onnxruntime"
