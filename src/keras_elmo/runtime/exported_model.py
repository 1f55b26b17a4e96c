"""What all exported models have in common: strings in, records out, without Keras."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from keras_elmo.runtime.described import Predicts
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.manifest import ExportError, Manifest
from keras_elmo.runtime.network import Network
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
