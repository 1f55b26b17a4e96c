"""What is read from the outputs of a network at each token: tags, and the spans they mark."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo.metrics.no_better import than_one_label
from keras_elmo.runtime.described import Predicts, mistake, rounded
from keras_elmo.runtime.entities import Annotation, find_entities
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.tag_records import tag_report, tokens_of
from keras_elmo.text.chain import FORBIDDEN, messages, viterbi
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.sentence_encoder import Sentences
from keras_elmo.text.tags import allowed_transitions, convert_tags, marks_spans
from keras_elmo.text.tokenizers import Tokenizer

if TYPE_CHECKING:
    Base = Predicts
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only

LEFT_OUT = -1  # the class number of a tag that is left out of loss and metrics
_SMALLEST = np.finfo(np.float32).tiny


class TagReader:
    """Reads a column of tags: the tags of a sentence are its most probable sequence.

    Args:
        name: of the output.
        encoder: of the labels.
        scheme: of the labels, such as `"BIO"`: sequences against it are never given. None allows
            everything.

    Attributes:
        allowed: with which tags a sentence may begin, which may follow which, and with which it may
            end; None for any.

    Raises:
        ValueError: labels that are not of the scheme, or an unknown scheme.
    """

    def __init__(self, name: str, encoder: LabelEncoder, scheme: str | None) -> None:
        self.name, self.encoder, self.scheme = name, encoder, scheme
        self.allowed = None if scheme is None else allowed_transitions(encoder.names, scheme)

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
            LEFT_OUT if self.is_left_out(tag) else self.encoder.encode_one(tag, f"{where} {i}")
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

    def is_left_out(self, tag: Any) -> bool:
        return tag is None or (tag == -100 and -100 not in self.encoder.labels)

    # === Reading ===

    def probabilities(self, output: Any) -> Any:
        """The probabilities of an output, of a batch or of a sentence."""
        return output[self.name] if isinstance(output, Mapping) else output

    def best(self, outputs: Sequence[Any]) -> list[np.ndarray]:
        """The class numbers of the most probable sequence of each sentence.

        Args:
            outputs: of each sentence, of its own tokens alone.
        """
        if self.allowed is None and self.transitions() is None:
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

    def transitions(self) -> np.ndarray | None:
        """The scores of a CRF's transitions, float32 `(tags, tags)`; None where there is none."""
        return None

    def _chain(self, outputs: Sequence[Any]) -> tuple[list[np.ndarray], np.ndarray]:
        transitions, count = self.transitions(), len(self.encoder.labels)
        if transitions is not None and all(isinstance(output, Mapping) for output in outputs):
            return [output[f"{self.name}_potentials"][:, :count] for output in outputs], transitions
        logs = [np.log(np.maximum(self.probabilities(o), _SMALLEST)) for o in outputs]
        if self.allowed is None:
            return logs, np.zeros((count, count), np.float32)
        start, between, end = (np.where(x, 0, FORBIDDEN).astype(np.float32) for x in self.allowed)
        for rows in filter(len, logs):
            rows[0] += start
            rows[-1] += end
        return logs, between

    # === Description ===

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

        See [`Entity`][keras_elmo.runtime.entities.Entity].
        """
        record = {"tags": found.tags, "probabilities": rounded(found.probabilities)}
        entities = [entity.record() for entity in found.entities]
        return record | ({"entities": entities} if marks_spans(self.encoder.names) else {})

    def mistake(self, record: dict[str, Any], gold: Sequence[Any]) -> dict[str, Any] | None:
        """What is wrong in such a record; None for nothing."""
        rows = zip(record["tags"], gold, record["probabilities"], strict=True)
        wrong = [share for tag, wanted, share in rows if wanted not in (None, tag)]
        return mistake(gold, record["tags"], wrong)


class ReadsTags(Base):
    """Reads one column of tags."""

    view = "tags"
    _tags: Any  # a `TagReader`

    def own_output(self, tokens: list[str], output: Any) -> Any:
        if not isinstance(output, Mapping):
            return output[: len(tokens)]
        return {name: array[: len(tokens)] for name, array in output.items()}

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> list[np.ndarray]:
        return list(map(self._tags.probabilities, outputs))

    def predict_labels(self, x: Sentences, *, batch_size: int = 32) -> list[list[Any]]:
        """The most probable tags of each sentence, as a sequence."""
        sentences = self.read_sentences(x)
        return self._tags.predict(self.sentence_outputs(sentences, batch_size))

    def decode(self, probabilities: Sequence[np.ndarray]) -> list[list[Any]]:
        """Tags for what `predict` returned: the best at each token, as far as the scheme allows.

        With a CRF `predict_labels` gives the most probable sequence instead.
        """
        return self._tags.predict(probabilities)

    def annotate(self, x: Sentences, *, batch_size: int = 32) -> list[Annotation]:
        """Tags and entities of each sentence; of strings, the entities' characters too."""
        texts, sentences = self.read_texts(x)
        outputs = self.sentence_outputs(sentences, batch_size)
        return self._tags.annotate(texts, sentences, outputs, self.tokenizer)

    def gold(self, examples: Examples) -> list[Any]:
        return self._tags.gold(examples.x, examples.y)

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """See `TagHead.report`."""
        predicted = self._tags.predict(self.sentence_outputs(examples.x, batch_size))
        return self._tags.report(self.gold(examples), predicted)

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """See `than_one_label`."""
        return than_one_label(measures)

    def records_of(self, texts: list[Any], *, batch_size: int) -> Iterator[dict[str, Any]]:
        """Of each text (of a string) its `tokens`, and what `TagHead.record` returns."""
        for text, found in zip(texts, self.annotate(texts, batch_size=batch_size), strict=True):
            yield tokens_of(text, found.tokens) | self._tags.record(found)

    def mistake(self, record: dict[str, Any], gold: Any) -> dict[str, Any] | None:
        return self._tags.mistake(record, gold)
