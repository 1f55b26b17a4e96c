"""A column of tags on the encoder: how its outputs are built, trained on and read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.layers.crf import CRF
from keras_elmo.runtime.tags import LEFT_OUT, TagReader
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.tagging.tag_measures import TagF1
from keras_elmo.text.chain import FORBIDDEN
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.tags import (
    check_tags,
    marks_spans,
    scheme_of,
)

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph


class TagHead(TagReader):
    """A softmax or a CRF at every token.

    Both are read as a chain: the tags of a sentence are its most probable sequence. A softmax's
    tags are independent of one another, except that a scheme forbids some.

    Args:
        name: of the output and its layers.
        encoder: of the labels.
        crf: score sequences of tags instead of single ones; `"auto"` where they are of a scheme.
        scheme: the scheme of the labels, such as `"BIO"`: sequences against it are never given.
            None is for tags of no scheme, or allows everything; `"auto"` is that of the labels.

    Attributes:
        partial: whether there have been tokens without weight. A softmax passes over them; to a CRF
            they may have any tag, which it has to know when its loss is traced.

    Raises:
        ValueError: labels that are not of the scheme, or an unknown scheme.
    """

    def __init__(
        self,
        name: str,
        encoder: LabelEncoder,
        *,
        crf: bool | str = "auto",
        scheme: str | None = "auto",
    ):
        scheme = scheme_of(encoder.names) if scheme == "auto" else scheme
        super().__init__(name, encoder, scheme)
        crf = scheme is not None if crf == "auto" else crf
        self.partial = False
        self.crf: CRF | None = None
        if crf:
            names = ("allowed_start", "allowed_transitions", "allowed_end")
            allowed = dict(zip(names, self.allowed, strict=True)) if self.allowed else {}
            self.crf = CRF(**allowed, name=f"{name}_crf")

    # === Training ===

    def build(self, x: Any, padding_mask: Any) -> Any:
        """The outputs on the encoder's float `(batch, tokens, features)`.

        Returns:
            The probabilities; with a CRF a dict that also holds all it returned.
        """
        # A Dense layer works on the last axis, so it is time-distributed as it is.
        activation = None if self.crf else "softmax"
        classes = len(self.encoder.labels)
        scores = keras.layers.Dense(classes, activation, dtype="float32", name=self.name)(x)
        if self.crf is None:
            return scores
        chain = self.crf(scores, mask=padding_mask)
        return {self.name: self.crf.probabilities(chain), f"{self.name}_potentials": chain}

    def loss(self, outputs: Any, tags: Any, padding_mask: Any, weights: Any = None) -> Any:
        """Minus the log-probability of the tags, a token on average.

        See [`CRFLoss`][keras_elmo.layers.crf_loss.CRFLoss] for what weights mean to a CRF.

        Args:
            outputs: what `build` returned.
            tags: int `(batch, tokens)`.
            padding_mask: bool `(batch, tokens)`.
            weights: float `(batch, tokens)`, 0 where padded; or None.
        """
        if self.crf and not self.partial:
            return self.crf.loss(tags, outputs[f"{self.name}_potentials"], weights)
        if self.crf:
            return self._loss_of_known(outputs[f"{self.name}_potentials"], tags, weights)
        real = ops.cast(padding_mask, "float32")
        weights = real if weights is None else ops.cast(weights, "float32") * real
        return token_loss()(tags, self.probabilities(outputs), weights)

    def _loss_of_known(self, chain: Any, tags: Any, weights: Any) -> Any:
        """As `loss`: a sentence weighs as much as its known tokens do on average."""
        weights = ops.cast(weights, "float32")
        known = weights > 0.0
        count = ops.maximum(ops.sum(ops.cast(known, "float32"), axis=1), 1.0)
        of_sentence = ops.sum(weights, axis=1) / count  # (batch,)
        likelihood = CRF.log_likelihood_of_known(chain, ops.cast(tags, "int32"), known)
        all_weights = ops.maximum(ops.sum(weights), keras.config.epsilon())
        return -ops.sum(likelihood * of_sentence) / all_weights

    def metrics(self) -> list[keras.metrics.Metric]:
        """Accuracy, and where tags mark spans their F1."""
        found: list[keras.metrics.Metric] = [
            keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        ]
        return found + [TagF1(self.encoder.names)] * marks_spans(self.encoder.names)

    def targets(
        self,
        sentences: Sequence[Sequence[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Sequence[float | np.ndarray],
    ) -> TargetFunction:
        """See [`SentenceModel`][keras_elmo.tasks.sentence_model.SentenceModel]."""
        targets = self._encode(sentences, y)
        every = np.concatenate(targets)
        counts = np.bincount(every[every != LEFT_OUT], minlength=len(self.encoder.labels))
        table = np.append(self.encoder.class_weights(class_weight, counts), 0.0)  # of LEFT_OUT
        # Of sentences without weight nothing is learned in any case.
        weighed = isinstance(sample_weight, np.ndarray) or all(map(np.all, sample_weight))
        self.partial |= not (weighed and table[every].all())

        def batch(rows: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
            ids = np.zeros((len(rows), length), dtype=np.int32)
            weights = np.zeros((len(rows), length), dtype=np.float32)
            for k, row in enumerate(rows):
                tags = targets[row]
                ids[k, : len(tags)] = np.maximum(tags, 0)
                weights[k, : len(tags)] = table[tags] * sample_weight[row]
            return ids, weights

        return batch

    def _encode(self, sentences: Sequence[Sequence[str]], y: Sequence[Any]) -> list[np.ndarray]:
        """Class numbers of the tags of each sentence.

        Raises:
            ValueError: as of `read_tags`, or tags against the scheme.
        """
        pairs = zip(y, sentences, strict=True)
        found = [self.read_tags(tags, tokens, i) for i, (tags, tokens) in enumerate(pairs)]
        for i, ids in enumerate(found):
            if not (ids == LEFT_OUT).any():
                self._check(ids, i)
        return found

    def _check(self, ids: np.ndarray, sentence: int) -> None:
        if self.allowed is None or not len(ids) or self.scheme is None:
            return
        start, between, end = self.allowed
        if start[ids[0]] and between[ids[:-1], ids[1:]].all() and end[ids[-1]]:
            return
        try:
            check_tags([self.encoder.names[i] for i in ids], self.scheme)
        except ValueError as error:
            raise ValueError(f"sentence {sentence}: {error}") from error

    def transitions(self) -> np.ndarray | None:
        if self.crf is None:
            return None
        return np.asarray(ops.convert_to_numpy(self.crf.transition_scores()))

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph", x: str, layer: Any) -> dict[str, str]:
        """The probabilities, or with a CRF log-softmax scores, `(batch, tokens, tags)`.

        Args:
            graph: to write into.
            x: the encoder's value `(tokens, batch, features)`.
            layer: the Dense layer of `build`.
        """
        from keras_elmo.export.layers import by_sentence, dense

        if self.crf is None:
            return {self.name: by_sentence(graph, dense(graph, x, layer, "softmax"))}
        scores = graph("LogSoftmax", dense(graph, x, layer), axis=-1)
        return {f"{self.name}_scores": by_sentence(graph, scores)}

    def exported_crf(self) -> dict[str, Any] | None:
        """The scores of a CRF with what is forbidden, for JSON: `start`, `transitions`, `end`."""
        if self.crf is None:
            return None
        parts = {"start": self.crf.start, "transitions": self.crf.transitions, "end": self.crf.end}
        allowed = self.allowed or (True, True, True)
        scores = zip(parts, parts.values(), allowed, strict=True)
        return {
            name: (ops.convert_to_numpy(score) + np.where(may, 0.0, FORBIDDEN)).tolist()
            for name, score, may in scores
        }

    # === Description ===

    @property
    def graph_outputs(self) -> dict[str, Output]:
        """See [`DescribedTask`][keras_elmo.tasks.described_task.DescribedTask]."""
        found = {self.name: Output("the probability of each tag", ("texts", "tokens", "tags"))}
        if self.crf:
            meaning = "what `CRF` returns: the potentials, and what follows from them"
            found[f"{self.name}_potentials"] = Output(meaning, ("texts", "tokens", "potentials"))
        return found


def token_loss() -> keras.losses.Loss:
    """The mean over real tokens, however much padding stands beside them."""
    return keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")


@contextmanager
def retracing(model: keras.Model, heads: Iterable[TagHead]) -> Iterator[None]:
    """Let a model's steps be traced anew if a head learns inside that its tags are `partial`."""
    whole = [head for head in heads if not head.partial]
    yield
    if any(head.partial for head in whole):
        model.train_function = model.test_function = None
