"""What `embed` computes with: the one place that knows engines, and that imports Keras for them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_elmo.cli.choices import Engine as EngineName
from keras_elmo.cli.choices import EnginePrecision
from keras_elmo.cli.elmo import check_elmo_options, load_elmo

if TYPE_CHECKING:
    from keras_elmo.embedding.embed_file import Engine


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

    def job(self) -> dict[str, str | int | bool | None]:
        """What of it shapes the numbers, with the weights told by a hash.

        Raises:
            ValueError: a combination that means nothing, or that there is not yet.
            FileNotFoundError: no such preset or file.
        """
        from keras_elmo._backend import ensure_backend
        from keras_elmo.text.opening import check_file
        from keras_elmo.weights.fingerprint import fingerprint, preset_files
        from keras_elmo.weights.presets import DEFAULT_PRESET

        check_elmo_options(self.preset, self.weights, self.options, self.vocabulary)
        _check_engine(self.engine, self.precision)
        name = str(self.weights or self.preset or DEFAULT_PRESET)
        files = [path for path in (self.weights, self.options, self.vocabulary) if path]
        for path in files:
            check_file(path)
        return {
            "model": fingerprint(files or preset_files(name)),
            "model_name": name,
            "engine": EngineName.KERAS.value,
            "backend": ensure_backend(),
            "precision": self.precision.value,
            "stateful": self.stateful,
        }


def load_engine(chosen: EngineOptions) -> "Engine":
    """Load the ELMo into the engine that was chosen.

    Raises:
        ValueError, OSError: as `load_elmo`.
    """
    _check_engine(chosen.engine, chosen.precision)
    state: dict[str, Any] = {}
    if chosen.stateful:
        state = {"stateful": True, "batch_size": chosen.batch_size}
    backbone, preprocessor = load_elmo(
        chosen.preset,
        chosen.weights,
        chosen.options,
        vocabulary=chosen.vocabulary,
        tokenizer="whitespace",  # for strings; `embed` gives token lists
        **state,
    )
    import keras

    from keras_elmo.embedding.embed_file import Engine
    from keras_elmo.embedding.embedder import ElmoEmbedder

    embedder = ElmoEmbedder(backbone, preprocessor, batch_size=chosen.batch_size)
    carried = [variable for variable in backbone.variables if variable.name == "state"]

    def write_state(arrays: list[Any]) -> None:
        for variable, array in zip(carried, arrays, strict=True):
            variable.assign(array)

    return Engine(
        embedder.embed_iter,
        backbone.num_layers,
        lambda: [keras.ops.convert_to_numpy(variable) for variable in carried],
        write_state,
    )


def _check_engine(engine: EngineName, precision: EnginePrecision) -> None:
    if engine == EngineName.ONNX or precision != EnginePrecision.FLOAT32:
        raise ValueError(
            "for now features are computed by `--engine keras` at `--precision float32` only. "
            f"Received: --engine {engine}, --precision {precision}"
        )
