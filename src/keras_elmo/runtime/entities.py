"""Spans of tags as entities: their type, text, place and probability."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_elmo.text.chain import Messages
from keras_elmo.text.tags import continues, read_spans


class Entity(NamedTuple):
    """A span of a sentence.

    Attributes:
        type: such as `"PER"`.
        start, end: its first token, and the one behind its last.
        text: as it is written in the sentence; of a token list, the tokens with spaces between.
        confidence: the probability that the sentence has just this span, with this type, whatever
            the tags of its other tokens are.
        start_char, end_char: its place in the sentence; None of a token list.
    """

    type: str
    start: int
    end: int
    text: str
    confidence: float
    start_char: int | None = None
    end_char: int | None = None

    def record(self) -> dict[str, Any]:
        """As a dict for JSON, without the places that are not known."""
        known = {name: value for name, value in self._asdict().items() if value is not None}
        return known | {"confidence": round(self.confidence, 6)}


class Annotation(NamedTuple):
    """What a tagger says about a sentence.

    Attributes:
        tokens: its words.
        tags: of each token.
        probabilities: of each of these tags, whatever the others are.
        entities: its spans, in order; none where the labels mark no spans.
    """

    tokens: list[str]
    tags: list[str]
    probabilities: list[float]
    entities: list[Entity]


class JointAnnotation(NamedTuple):
    """What a tagger with several heads says about a sentence.

    Attributes:
        columns: name → its tags and entities.
        labels: name → the most probable label of the sentence.
        probabilities: name → the probability of that label.
    """

    columns: dict[str, Annotation]
    labels: dict[str, str]
    probabilities: dict[str, float]


def find_entities(
    sentence: str | Sequence[str],
    places: Sequence[tuple[int, int]] | None,
    ids: np.ndarray,
    labels: Sequence[str],
    chain: Messages,
    transitions: np.ndarray,
) -> list[Entity]:
    """The entities of a sentence.

    Args:
        sentence: a string, or tokens.
        places: first character of each token of a string, and the one behind its last.
        ids: class numbers of its tags.
        labels: the name of each class.
        chain, transitions: the recursions over it.
    """
    found, tags = [], [str(labels[i]) for i in ids]
    for span_type, start, end in read_spans(tags):
        confidence = _probability(ids, start, end, labels, chain, transitions)
        if isinstance(sentence, str) and places is not None:
            first, last = places[start][0], places[end - 1][1]
            place, text = (first, last), sentence[first:last]
        else:
            place, text = (None, None), " ".join(sentence[start:end])
        found.append(Entity(span_type, start, end, text, confidence, *place))
    return found


def _probability(
    ids: np.ndarray,
    start: int,
    end: int,
    labels: Sequence[str],
    chain: Messages,
    transitions: np.ndarray,
) -> float:
    r"""$p(y_{start} \dots y_{end-1}$, and the span neither begins before nor goes on behind$)$.

    All sequences up to the span are in its first forward sum, all behind it in a backward one; tags
    that would make the span longer are left out of both.
    """
    first, last = ids[start], ids[end - 1]
    inner = ids[start:end]
    log_p = (
        transitions[inner[:-1], inner[1:]].sum() + chain.potentials[range(start, end), inner].sum()
    )
    if start:
        before = [i for i, label in enumerate(labels) if not continues(label, str(labels[first]))]
        log_p += _log_sum(chain.forward[start - 1, before] + transitions[before, first])
    if end < len(ids):
        behind = [i for i, label in enumerate(labels) if not continues(str(labels[last]), label)]
        log_p += _log_sum(chain.backward[end, behind] + transitions[last, behind])
    return float(min(1.0, np.exp(log_p - chain.log_z)))


def _log_sum(scores: np.ndarray) -> float:
    return float(np.logaddexp.reduce(scores.astype(np.float64)))
