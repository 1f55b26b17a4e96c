"""A column of tags on the encoder: how its outputs are built, trained on and read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_elmo.batching.batches import TargetFunction
from keras_elmo.batching.labels import LabelEncoder
from keras_elmo.layers.chain import messages, viterbi
from keras_elmo.layers.crf import CRF, FORBIDDEN
from keras_elmo.tasks.described_task import Output, mistake, rounded
from keras_elmo.tasks.tagging.entities import Annotation, find_entities
from keras_elmo.tasks.tagging.tag_measures import TagF1
from keras_elmo.tasks.tagging.tag_records import tag_report
from keras_elmo.text.tags import (
    allowed_transitions,
    check_tags,
    convert_tags,
    marks_spans,
    scheme_of,
)
from keras_elmo.text.tokenizers import Tokenizer

SHAPE_DIM = 16
LEFT_OUT = -1  # the class number of a tag that is left out of loss and metrics
_SMALLEST = np.finfo(np.float32).tiny


class TagHead:
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
        crf = scheme is not None if crf == "auto" else crf
        self.name, self.encoder, self.scheme = name, encoder, scheme
        self.partial = False
        self._allowed = None if scheme is None else allowed_transitions(encoder.names, scheme)
        self.crf: CRF | None = None
        if crf:
            names = ("allowed_start", "allowed_transitions", "allowed_end")
            allowed = dict(zip(names, self._allowed, strict=True)) if self._allowed else {}
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

    def read_tags(self, tags: Any, tokens: Sequence[str], sentence: int) -> np.ndarray:
        """Class numbers of the tags of a sentence, int32 `(tokens,)`; `LEFT_OUT` where left out.

        Args:
            tags: one for each token; None or -100 where it is left out. More than tokens may only
                be such ones, as they fill up the rows of a matrix.
            tokens: of the sentence.
            sentence: its number, for the errors.

        Raises:
            ValueError: more or fewer tags than tokens, or an unknown tag.
        """
        if isinstance(tags, str) or not isinstance(tags, list | tuple):
            raise ValueError(
                "`y` must hold a list of tags for each sentence, one for each token, such as "
                f"{[self.encoder.labels[0]] * 2}. Received: {tags!r:.80} for sentence {sentence}"
            )
        found = [
            LEFT_OUT if self._is_left_out(tag) else self.encoder.encode_one(tag, f"{where} {i}")
            for where in [f"sentence {sentence}, tag"]
            for i, tag in enumerate(tags)
        ]
        while len(found) > len(tokens) and found[-1] == LEFT_OUT:
            found.pop()
        if len(found) != len(tokens):
            raise ValueError(
                "A sentence needs one tag for each token. "
                f"Received: sentence {sentence} with {len(tokens)} tokens and {len(tags)} tags"
            )
        return np.array(found, np.int32)

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

    def _is_left_out(self, tag: Any) -> bool:
        return tag is None or (tag == -100 and -100 not in self.encoder.labels)

    def _check(self, ids: np.ndarray, sentence: int) -> None:
        if self._allowed is None or not len(ids) or self.scheme is None:
            return
        start, between, end = self._allowed
        if start[ids[0]] and between[ids[:-1], ids[1:]].all() and end[ids[-1]]:
            return
        try:
            check_tags([self.encoder.names[i] for i in ids], self.scheme)
        except ValueError as error:
            raise ValueError(f"sentence {sentence}: {error}") from error

    # === Reading ===

    def probabilities(self, output: Any) -> Any:
        """The probabilities of an output, of a batch or of a sentence."""
        return output[self.name] if isinstance(output, Mapping) else output

    def best(self, outputs: Sequence[Any]) -> list[np.ndarray]:
        """The class numbers of the most probable sequence of each sentence.

        Args:
            outputs: of each sentence, of its own tokens alone.
        """
        if self.crf is None and self._allowed is None:
            return [output.argmax(axis=-1) for output in map(self.probabilities, outputs)]
        return viterbi(*self._chain(outputs))

    def predict(self, outputs: Sequence[Any]) -> list[list[Any]]:
        """The labels of the most probable sequence of each sentence."""
        return list(map(self.encoder.decode, self.best(outputs)))

    def annotate(
        self,
        texts: Sequence[str | Sequence[str]],
        sentences: Sequence[list[str]],
        outputs: Sequence[Any],
        tokenizer: Tokenizer,
    ) -> list[Annotation]:
        """Tags and entities of sentences.

        Args:
            texts: strings or tokens.
            sentences: their tokens.
            outputs: of each sentence, of its own tokens alone.
            tokenizer: what made tokens of the strings.
        """
        chains, transitions = [None] * len(texts), np.empty(0)
        if marks_spans(self.encoder.names):
            potentials, transitions = self._chain(outputs)
            chains = messages(potentials, transitions)
        found = []
        columns = (texts, sentences, outputs, self.best(outputs), chains)
        for text, tokens, output, ids, chain in zip(*columns, strict=True):
            shares = self.probabilities(output)[range(len(ids)), ids].tolist()
            entities = []
            if chain is not None and len(ids):
                places = tokenizer.spans(text) if isinstance(text, str) else None
                names = self.encoder.names
                entities = find_entities(text, places, ids, names, chain, transitions)
            tags = self.encoder.decode(ids)
            found.append(Annotation(tokens, tags, shares, entities))
        return found

    def _chain(self, outputs: Sequence[Any]) -> tuple[list[np.ndarray], np.ndarray]:
        if self.crf and all(isinstance(output, Mapping) for output in outputs):
            count = len(self.encoder.labels)
            potentials = [output[f"{self.name}_potentials"][:, :count] for output in outputs]
            return potentials, np.asarray(ops.convert_to_numpy(self.crf.transition_scores()))
        logs = [np.log(np.maximum(self.probabilities(o), _SMALLEST)) for o in outputs]
        classes = len(self.encoder.labels)
        if self._allowed is None:
            return logs, np.zeros((classes, classes), np.float32)
        start, between, end = (np.where(x, 0, FORBIDDEN).astype(np.float32) for x in self._allowed)
        for rows in filter(len, logs):
            rows[0] += start
            rows[-1] += end
        return logs, between

    # === Description ===

    @property
    def graph_outputs(self) -> dict[str, Output]:
        """See [`DescribedTask`][keras_elmo.tasks.described_task.DescribedTask]."""
        found = {self.name: Output("the probability of each tag", ("texts", "tokens", "tags"))}
        if self.crf:
            meaning = "what `CRF` returns: the potentials, and what follows from them"
            found[f"{self.name}_potentials"] = Output(meaning, ("texts", "tokens", "potentials"))
        return found

    def gold(self, sentences: Sequence[Sequence[str]], y: Sequence[Any]) -> list[list[Any]]:
        """The tags of each sentence in the head's scheme; None for one that is left out."""
        found = []
        for i, (tokens, tags) in enumerate(zip(sentences, y, strict=True)):
            ids = self.read_tags(tags, tokens, i)
            own: list[Any] = [None if k == LEFT_OUT else self.encoder.labels[k] for k in ids]
            # What was read from a file is BIO.
            found.append(convert_tags(own, self.scheme) if self.scheme and None not in own else own)
        return found

    def report(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """The measures of the tags of all sentences, see `tag_report`."""
        return tag_report(gold, predicted, self.encoder)

    def are_right(self, gold: Sequence[Any], predicted: Sequence[Any]) -> list[bool]:
        """Whether all tags of each sentence are right."""
        return [
            all(tag in (None, guess) for tag, guess in zip(*tags, strict=True))
            for tags in zip(gold, predicted, strict=True)
        ]

    def record(self, found: Annotation) -> dict[str, Any]:
        """`tags`, their `probabilities`, and `entities` where they mark spans, for JSON.

        See [`Entity`][keras_elmo.tasks.tagging.entities.Entity].
        """
        record = {"tags": found.tags, "probabilities": rounded(found.probabilities)}
        entities = [entity.record() for entity in found.entities]
        return record | ({"entities": entities} if marks_spans(self.encoder.names) else {})

    def mistake(self, record: dict[str, Any], gold: Sequence[Any]) -> dict[str, Any] | None:
        """What is wrong in such a record; None for nothing."""
        rows = zip(record["tags"], gold, record["probabilities"], strict=True)
        wrong = [share for tag, wanted, share in rows if wanted not in (None, tag)]
        return mistake(gold, record["tags"], wrong)


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
