"""An exported model: strings in, records out, without Keras."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_elmo.data.datasets import CLASSIFICATION, JOINT, MULTI_LABEL, REGRESSION, TAGGING
from keras_elmo.runtime.columns import ReadsColumns, SentenceReader
from keras_elmo.runtime.described import Predicts
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.manifest import NGRAMS, ExportError, Manifest, check_files, read_manifest
from keras_elmo.runtime.network import Network
from keras_elmo.runtime.ngram_bayes import NGramBayes
from keras_elmo.runtime.tags import ReadsTags, TagReader
from keras_elmo.runtime.texts import ReadsClasses, ReadsNumbers
from keras_elmo.text.chain import messages
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.rows import as_rows
from keras_elmo.text.tokenizers import Tokenizer


class ExportedModel(Predicts):
    """A model that `keras-elmo export` wrote, with the records of the task that it was.

    Args:
        manifest: what is known of it.
        network: computes its outputs.

    Raises:
        ExportError: the settings in the manifest do not fit the network.
    """

    kinds: ClassVar[tuple[str, ...]] = ()

    def __init__(self, manifest: Manifest, network: Network) -> None:
        self.manifest, self.network = manifest, network
        try:
            self.take_settings(manifest.settings)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ExportError):
                raise
            what = f"'settings' must describe a model of kind {self.kind} ({error})"
            raise manifest.error(what) from error

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        """Set what the outputs are read with."""

    def label_encoder_of(self, labels: Any, output: str) -> LabelEncoder:
        """The encoder of labels, of which there must be as many as the network tells apart.

        Raises:
            ExportError: there are more, or fewer.
        """
        encoder = LabelEncoder(labels)
        shape = self.network.output_sizes.get(output)
        if shape is None or shape[-1] != len(encoder.labels):
            received = f"{len(encoder.labels)} labels, and outputs {self.network.output_sizes}"
            raise self.manifest.error(
                f"'settings' must have a label for each output {output!r} of model.onnx. "
                f"Received: {received}"
            )
        return encoder

    @property
    def kind(self) -> str:
        return self.manifest.kind

    @property
    def labels(self) -> list[Any]:
        return list(self.manifest.settings.get("labels") or [])

    def get_config(self) -> dict[str, Any]:
        return dict(self.manifest.settings)

    @property
    def tokenizer(self) -> Tokenizer:
        return self.network.encoder.tokenizer

    def tokenize(self, x: Any) -> list[Any]:
        return self.network.encoder.tokenize(x)

    def read_texts(self, x: Any) -> tuple[list[Any], list[Any]]:
        texts = [x] if isinstance(x, str) else as_rows(x, "x")
        return texts, self.tokenize(texts)

    def read_sentences(self, x: Any) -> list[Any]:
        return self.read_texts(x)[1]

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        found = self.network.outputs(sentences, batch_size)
        return [self.own_output(*pair) for pair in zip(sentences, found, strict=True)]

    def own_output(self, tokens: list[str], output: Any) -> Any:
        """A sentence's outputs, by name, without its padding: one alone as it is."""
        [found] = output.values()
        return found

    def predict(self, x: Any, *, batch_size: int = 32, **kwargs: Any) -> Any:
        sentences = self.read_sentences(x)
        return self.collect(sentences, self.sentence_outputs(sentences, batch_size))

    def collect(self, sentences: list[Any], outputs: list[Any]) -> Any:
        """What `predict` returns, of each sentence's own output."""
        return outputs

    def examples(self, x: Any, y: Any) -> Examples:
        sentences = self.tokenize(x)
        targets = self.read_targets(y, sentences)
        if len(targets) != len(sentences) or not sentences:
            raise ValueError(
                "`x` and `y` must be of the same length and not empty. "
                f"Received: {len(sentences)} {self.row_name}, {len(targets)} {self.target_name}"
            )
        return Examples(sentences, targets)

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        """A label of each sentence."""
        return as_rows(y, "y")


class ExportedClassifier(ReadsClasses, ExportedModel):
    """Classes of whole texts."""

    kinds = (CLASSIFICATION, MULTI_LABEL)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self.label_encoder = self.label_encoder_of(settings["labels"], "classes")
        self.multi_label = settings["multi_label"]
        self.temperature, self.thresholds = settings["temperature"], settings["thresholds"]
        path = self.manifest.folder / NGRAMS
        self.ngrams = NGramBayes.load(path, ExportError) if path.is_file() else None

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        return self.label_encoder.read_sets(y) if self.multi_label else as_rows(y, "y")


class ExportedRegressor(ReadsNumbers, ExportedModel):
    """Numbers of whole texts."""

    kinds = (REGRESSION,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self.target_mean, self.target_scale = settings["target_mean"], settings["target_scale"]


class ExportedTags(TagReader):
    """Reads the scores of a CRF, or probabilities.

    Args:
        name: of the column.
        encoder: of its labels.
        scheme: see `TagReader`.
        crf: `start`, `transitions` and `end` as lists, or None.
    """

    def __init__(
        self,
        name: str,
        encoder: LabelEncoder,
        scheme: str | None,
        crf: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(name, encoder, scheme)
        count = len(encoder.labels)
        shapes = {"start": (count,), "transitions": (count, count), "end": (count,)}
        self._crf = None
        if crf is not None:
            parts = {part: np.array(crf[part], np.float32) for part in shapes}
            if any(parts[part].shape != shape for part, shape in shapes.items()):
                raise ValueError(f"the CRF of {name!r} must have scores for {count} labels")
            self._crf = parts

    def transitions(self) -> np.ndarray | None:
        return None if self._crf is None else self._crf["transitions"]

    def with_marginals(self, outputs: list[dict[str, Any]]) -> None:
        """Make potentials and probabilities of the scores in the outputs of some sentences."""
        if self._crf is None:
            return
        name = f"{self.name}_potentials"
        for output in outputs:
            rows = output[name] = np.array(output.pop(f"{self.name}_scores"))
            if len(rows):
                rows[0] += self._crf["start"]
                rows[-1] += self._crf["end"]
        chains = messages([output[name] for output in outputs], self._crf["transitions"])
        for output, chain in zip(outputs, chains, strict=True):
            empty = len(output[name]) == 0
            output[self.name] = output[name] if empty else chain.marginals()


def _tag_reader(
    model: ExportedModel, name: str, labels: Any, scheme: str | None, crf: Mapping[str, Any]
) -> ExportedTags:
    own = crf.get(name)
    encoder = model.label_encoder_of(labels, name if own is None else f"{name}_scores")
    return ExportedTags(name, encoder, scheme, own)


class ExportedTagger(ReadsTags, ExportedModel):
    """A tag at each token."""

    kinds = (TAGGING,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self._tags = _tag_reader(
            self, "tags", settings["labels"], settings["scheme"], settings["crf"]
        )

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        outputs = super().sentence_outputs(sentences, batch_size)
        self._tags.with_marginals(outputs)
        return outputs


class ExportedJointTagger(ReadsColumns, ExportedModel):
    """Tags in several columns, and labels of the sentence."""

    kinds = (JOINT,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        schemes, crf = settings["schemes"], settings["crf"]
        self.tag_heads = {
            name: _tag_reader(self, name, labels, schemes.get(name), crf)
            for name, labels in settings["labels"].items()
        }
        self.sentence_heads = {
            name: SentenceReader(name, self.label_encoder_of(labels, name))
            for name, labels in settings["sentence_labels"].items()
        }

    @property
    def labels(self) -> list[Any]:
        return next(iter(self.tag_heads.values())).encoder.labels

    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        outputs = super().sentence_outputs(sentences, batch_size)
        for head in self.tag_heads.values():
            head.with_marginals(outputs)
        return outputs


# A kind of task is a class here.
_MODELS = (ExportedClassifier, ExportedRegressor, ExportedTagger, ExportedJointTagger)


def load_exported(folder: str | PathLike[str]) -> ExportedModel:
    """Load a model that `keras-elmo export` or `task.export(format="onnx")` wrote.

    It predicts with NumPy and ONNX Runtime alone: neither Keras nor a backend is imported.

    Args:
        folder: that was written.

    Returns:
        A model with the task's `predict`, `predict_labels`, `annotate`, `records` and `report`.

    Raises:
        FileNotFoundError: no such folder, or one that holds no exported model.
        ExportError: a file is missing or damaged, of a later version, or does not fit the others.
        ImportError: onnxruntime is not installed.

    Example:
        ```python
        model = keras_elmo.load_exported("out/")
        model.predict_labels(["a joy to watch"])
        ```
    """
    manifest = read_manifest(folder)
    check_files(Path(folder))
    kinds = {kind: model for model in _MODELS for kind in model.kinds}
    return kinds[manifest.kind](manifest, Network(manifest))
