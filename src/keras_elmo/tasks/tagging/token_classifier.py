"""One label for each token: named entities, parts of speech, chunks."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import keras
from keras import ops

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.data.datasets import TAGGING, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.runtime.tags import ReadsTags
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.tagging.tag_head import TagHead, retracing, token_loss
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.labels import Label, LabelEncoder, class_labels

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoTokenClassifier(ReadsTags, ElmoTask):
    """ELMo → BiLSTM → a softmax or a CRF; padding counts neither in loss nor in metrics.

    `x` holds token lists (or strings, which the preprocessor splits), `y` a list of tags for each
    of them; a tag of None or -100 is left out of loss and metrics. `sample_weight` may hold a
    weight of each token. `predict` returns a list with float32 `(tokens, classes)` for each
    sentence: the probability of each tag at each token, with a CRF the marginal one.
    `predict_labels` returns the most probable sequence of tags, `annotate` its entities with their
    places and probabilities.

    Args:
        backbone: the ELMo.
        labels, num_classes: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].
        crf: score sequences of tags with a [`CRF`][keras_elmo.layers.crf.CRF] instead of each tag
            alone; `"auto"` where they have a scheme. It has its own loss; a sentence weighs as much
            as its tokens do on average. With `preprocessor=None` the outputs are a dict, `tags`
            and, of the [`CRF`][keras_elmo.layers.crf.CRF], `tags_potentials`.
        scheme: what `labels` are written in, `"BIO"`, `"BIOES"`, `"IOB1"` or `"BILOU"`. Sequences
            against it are refused in training and never predicted, with or without a CRF. `"auto"`
            is that of the labels, BIO for those that are of IOB1, too; None allows everything.
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].

    Example:
        ```python
        tagger = keras_elmo.ElmoTokenClassifier.from_preset(
            "elmo_mini_en", labels=["O", "B-PER", "I-PER"], mix="mean"
        )
        tagger.fit([["Ada", "smiled"]], [["B-PER", "O"]])
        tagger.predict_labels([["Grace", "laughed"]])
        ```
    """

    kinds = (TAGGING,)
    weighs_tokens = True

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        labels: Sequence[Label] | None = None,
        num_classes: int | None = None,
        crf: bool | str = "auto",
        scheme: str | None = "auto",
        **kwargs: Any,
    ):
        encoder = LabelEncoder(class_labels(labels, num_classes))
        self._tags = TagHead("tags", encoder, crf=crf, scheme=scheme)
        super().__init__(backbone, labels=encoder.labels, **kwargs)

    @property
    def head(self) -> TagHead:
        """What reads tags and writes them."""
        return self._tags

    @property
    def scheme(self) -> str | None:
        """What tags are written in."""
        return self._tags.scheme

    @property
    def crf(self) -> bool:
        """Whether sequences of tags are scored."""
        return self._tags.crf is not None

    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        return self._tags.build(x, padding_mask)

    def default_loss(self) -> keras.losses.Loss | None:
        if self.crf:
            return None  # see `compute_loss`
        return token_loss()

    def default_metrics(self) -> list[Any]:
        return self._tags.metrics()

    def compile(self, optimizer: Any = "auto", loss: Any = "auto", **kwargs: Any) -> None:
        """See [`ElmoTask`][keras_elmo.tasks.task.ElmoTask]; a CRF takes no other loss."""
        if self.crf and loss not in ("auto", None):
            raise ValueError(
                "a CRF has a loss of its own, the likelihood of all tags of a sentence. "
                f"Received: loss={loss!r}. Leave it out, or build the tagger with `crf=False`."
            )
        super().compile(optimizer, loss, **kwargs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Keras's own, or that of the CRF, which needs the mask and the transitions."""
        if not self.crf:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        mask = (x or {})["padding_mask"]
        loss = self._tags.loss(y_pred, y, mask, sample_weight)
        return loss + sum(ops.sum(part) for part in self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Keras's own, of the probabilities: a CRF gives more than these."""
        probabilities = self._tags.probabilities(y_pred)
        return super().compute_metrics(x, y, probabilities, sample_weight)

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Any,
    ) -> TargetFunction:
        with retracing(self, [self._tags]):
            return self._tags.targets(sentences, y, class_weight, sample_weight)

    # === Description ===

    @classmethod
    def for_dataset(
        cls,
        dataset: Dataset,
        backbone: ElmoBackbone,
        *,
        crf: bool | None = None,
        **arguments: Any,
    ) -> Self:
        """See `DescribedTask`; the scheme is that of the data set."""
        arguments["crf"] = "auto" if crf is None else crf
        arguments["scheme"] = dataset.scheme or "auto"
        return super().for_dataset(dataset, backbone, **arguments)

    @property
    def graph_outputs(self) -> dict[str, Output]:
        return self._tags.graph_outputs

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        from keras_elmo.export.layers import encode

        x = encode(graph, self, graph.text())
        return self._tags.onnx_outputs(graph, x, self.get_layer("tags"))

    def exported_settings(self) -> dict[str, Any]:
        crf = {"tags": self._tags.exported_crf()} if self.crf else {}
        return super().exported_settings() | {"scheme": self.scheme, "crf": crf}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"crf": self.crf, "scheme": self.scheme}
