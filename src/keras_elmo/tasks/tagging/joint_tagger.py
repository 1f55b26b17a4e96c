"""Several columns of tags, and labels of the whole sentence beside them, from one encoder."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
from keras import ops

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.data.datasets import JOINT, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.runtime.columns import ReadsColumns
from keras_elmo.runtime.examples import Weights
from keras_elmo.runtime.keywords import check_keywords
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.gate import read_weights
from keras_elmo.tasks.tagging.tag_head import TagHead, retracing
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.texts.sentence_head import SentenceHead
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.rows import as_rows
from keras_elmo.text.tags import marks_spans

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoJointTagger(ReadsColumns, ElmoTask):
    """ELMo → BiLSTM → a head for each column of tags and each kind of sentence label.

    `x` holds token lists or strings, `y` a dict for each of them: column → a list of tags, or the
    label of the sentence; or a dict or frame of such columns. `sample_weight` may be a dict, too:
    column → weights. The loss is the sum of the heads' losses; `accuracy` is the mean of
    their accuracies, which are measured too (`slots_accuracy`, …).

    Args:
        backbone: the ELMo.
        labels: column → its tags.
        sentence_labels: name → labels of the whole sentence, such as its intent.
        crf: the columns with a CRF instead of a softmax; `"auto"` are those that have a scheme.
        schemes: column → the scheme of its tags, where they have one; `"auto"` and all else: see
            [`ElmoTokenClassifier`][keras_elmo.tasks.tagging.token_classifier.ElmoTokenClassifier].
        pooling: how the sentence becomes one vector; see
            [`ElmoTextClassifier`][keras_elmo.tasks.texts.text_classifier.ElmoTextClassifier].
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].

    Example:
        ```python
        tagger = keras_elmo.ElmoJointTagger.from_preset(
            "elmo_mini_en",
            labels={"slots": ["O", "B-artist", "I-artist"], "pos": ["NOUN", "VERB", "PROPN"]},
            sentence_labels={"intent": ["PlayMusic", "GetWeather"]},
        )
        tagger.fit(
            [["play", "Björk"]],
            [{"slots": ["O", "B-artist"], "pos": ["VERB", "PROPN"], "intent": "PlayMusic"}],
        )
        ```
    """

    kinds = (JOINT,)

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        labels: Mapping[str, Sequence[str]],
        sentence_labels: Mapping[str, Sequence[str]] | None = None,
        crf: Collection[str] | str = "auto",
        schemes: Mapping[str, str] | str = "auto",
        pooling: str = "max",
        **kwargs: Any,
    ):
        sentence_labels = sentence_labels or {}
        chosen = () if isinstance(crf, str) else crf
        given = {} if isinstance(schemes, str) else schemes
        _check_columns(labels, sentence_labels, chosen, given)
        self.tag_heads = {
            name: TagHead(
                name,
                LabelEncoder(tags),
                crf=crf if isinstance(crf, str) else name in crf,
                scheme=schemes if isinstance(schemes, str) else schemes.get(name),
            )
            for name, tags in labels.items()
        }
        self.sentence_heads = {
            name: SentenceHead(name, LabelEncoder(names), pooling)
            for name, names in sentence_labels.items()
        }
        super().__init__(backbone, labels=next(iter(labels.values())), **kwargs)
        self.pooling = pooling

    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        outputs = {}
        for name, head in self.heads.items():
            built = head.build(x, padding_mask)
            outputs |= built if isinstance(built, Mapping) else {name: built}
        return outputs

    def default_loss(self) -> None:
        return None  # see `compute_loss`

    def default_metrics(self) -> Any:
        return {name: head.metrics() for name, head in self.heads.items()}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The sum of the heads' losses."""
        mask, weights, targets = (x or {})["padding_mask"], sample_weight or {}, y or {}
        losses = [
            head.loss(y_pred, targets[name], mask, weights.get(name))
            for name, head in self.heads.items()
        ]
        return sum(losses) + sum(ops.sum(part) for part in self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Keras's own, of the probabilities of each head."""
        found = {name: head.probabilities(y_pred) for name, head in self.heads.items()}
        return super().compute_metrics(x, y, found, sample_weight)

    def get_metrics_result(self):
        """Keras's own, and means over the heads: of accuracies, and of F1 where they have one."""
        found = super().get_metrics_result()
        accuracies = [found.get(f"{name}_accuracy") for name in self.heads]
        if None in accuracies:  # compiled with other metrics
            return found
        scores = [found.get(f"{name}_f1", found[f"{name}_accuracy"]) for name in self.heads]
        count = len(self.heads)
        return {**found, "accuracy": sum(accuracies) / count, "score": sum(scores) / count}

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Mapping[str, Any],
    ) -> TargetFunction:
        if class_weight not in (None, "balanced"):
            raise ValueError(
                "several heads take no other `class_weight` than 'balanced'. "
                f"Received: {class_weight!r}"
            )
        functions = {}
        with retracing(self, self.tag_heads.values()):
            for name, head in self.heads.items():
                column = [row[name] for row in y]
                functions[name] = head.targets(sentences, column, class_weight, sample_weight[name])

        def batch(rows: np.ndarray, length: int) -> tuple[dict[str, Any], dict[str, Any]]:
            pairs = {name: function(rows, length) for name, function in functions.items()}
            targets = {name: pair[0] for name, pair in pairs.items()}
            return targets, {name: pair[1] for name, pair in pairs.items()}

        return batch

    def read_weights(self, given: Any, sentences: Sequence[Any]) -> dict[str, Weights]:
        if isinstance(given, Mapping):
            check_keywords(given, list(self.heads), "`sample_weight`")
        else:
            given = dict.fromkeys(
                self.heads, None if given is None else as_rows(given, "sample_weight")
            )
        return {
            name: read_weights(given.get(name), sentences, by_token=name in self.tag_heads)
            for name in self.heads
        }

    # === Description ===

    @classmethod
    def for_dataset(
        cls,
        dataset: Dataset,
        backbone: ElmoBackbone,
        *,
        labels: Mapping[str, Sequence[str]],
        crf: bool | None = None,
        **arguments: Any,
    ) -> Self:
        """See `DescribedTask`; a head a column, each with what a tagger of it alone would have."""
        tags = [name for name, value in dataset.labels[0].items() if isinstance(value, list)]
        spans = [name for name in tags if marks_spans(labels[name])]
        arguments["labels"] = {name: labels[name] for name in tags}
        arguments["sentence_labels"] = {name: labels[name] for name in labels if name not in tags}
        arguments["crf"] = "auto" if crf is None else tags if crf else []
        arguments["schemes"] = dict.fromkeys(spans, dataset.scheme) if dataset.scheme else "auto"
        return super().for_dataset(dataset, backbone, **arguments)

    @property
    def label_counts(self) -> dict[str, int]:
        return {f"{name} labels": len(head.encoder.labels) for name, head in self.heads.items()}

    @property
    def graph_outputs(self) -> dict[str, Output]:
        return {k: v for head in self.heads.values() for k, v in head.graph_outputs.items()}

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        from keras_elmo.export.layers import dense, encode, pool

        text, outputs = graph.text(), {}
        x = encode(graph, self, text)
        for name, head in self.tag_heads.items():
            outputs |= head.onnx_outputs(graph, x, self.get_layer(name))
        for name in self.sentence_heads:
            pooled = pool(graph, x, text, self.get_layer(f"{name}_pooling"))
            outputs[name] = dense(graph, pooled, self.get_layer(name), "softmax")
        return outputs

    def exported_settings(self) -> dict[str, Any]:
        config = self.get_config()
        crf = {name: head.exported_crf() for name, head in self.tag_heads.items() if head.crf}
        return {name: config[name] for name in ("labels", "sentence_labels", "schemes")} | {
            "crf": crf
        }

    def get_config(self) -> dict[str, Any]:
        tags, sentences = self.tag_heads.items(), self.sentence_heads.items()
        return super().get_config() | {
            "labels": {name: head.encoder.labels for name, head in tags},
            "sentence_labels": {name: head.encoder.labels for name, head in sentences},
            "crf": [name for name, head in tags if head.crf],
            "schemes": {name: head.scheme for name, head in tags if head.scheme},
            "pooling": self.pooling,
        }


def _check_columns(
    labels: Mapping[str, Sequence[str]],
    sentence_labels: Mapping[str, Sequence[str]],
    crf: Collection[str],
    schemes: Mapping[str, str],
) -> None:
    if not labels or set(labels) & set(sentence_labels):
        raise ValueError(
            "`labels` must have a column at least, and `sentence_labels` other names. "
            f"Received: {list(labels)} and {list(sentence_labels)}"
        )
    for what, names in (("crf", crf), ("schemes", schemes)):
        if unknown := [name for name in names if name not in labels]:
            raise ValueError(
                f"`{what}` must name columns of `labels`: {', '.join(labels)}. Received: {unknown}"
            )
