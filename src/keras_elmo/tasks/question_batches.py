"""Questions with their passages → batches of question and window."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras_elmo.tasks.pair_batches import PairBatches, Texts
from keras_elmo.text.alignment import is_exact, token_span
from keras_elmo.text.tokenizers import Span, Tokenizer
from keras_elmo.text.windows import windows


@dataclass(frozen=True)
class Pair:
    """A question and the passage that may hold its answer.

    Attributes:
        question, passage: tokens.
        text: the passage as a string.
        spans: where each token of the passage stands in it.
    """

    question: list[str]
    passage: list[str]
    text: str
    spans: list[Span]


class Row(NamedTuple):
    """A question and a window of its passage: the number of the pair and `[start, end)`."""

    pair: int
    start: int
    end: int


def make_pairs(x: Sequence[Any], tokenizer: Tokenizer) -> list[Pair]:
    """Tokens of `(question, passage)` strings, each distinct text split once.

    Raises:
        ValueError: something else, or a text without a token.
    """
    spans: dict[str, list[Span]] = {}

    def split(text: Any, number: int, what: str) -> tuple[list[str], list[Span]]:
        if not isinstance(text, str):
            raise ValueError(f"a {what} must be a string. Received: {text!r:.80} in pair {number}")
        if text not in spans:
            spans[text] = tokenizer.spans(text)
        if not spans[text]:
            raise ValueError(f"the {what} of pair {number} is empty. Received: {text!r:.80}")
        return [text[start:end] for start, end in spans[text]], spans[text]

    pairs = []
    for number, given in enumerate(x):
        if isinstance(given, Pair):
            pairs.append(given)
            continue
        if isinstance(given, str) or len(given) != 2:
            raise ValueError(
                f"`x` must hold pairs (question, passage). Received: {given!r:.80} as pair {number}"
            )
        question, _ = split(given[0], number, "question")
        pairs.append(Pair(question, *_passage(given[1], split(given[1], number, "passage"))))
    return pairs


def _passage(text: str, split: tuple[list[str], list[Span]]) -> tuple[list[str], str, list[Span]]:
    return split[0], text, split[1]


class AnswerTokens(NamedTuple):
    """The answers of a pair as tokens `[start, end)`, and how many of them had to be widened."""

    spans: list[Span]
    widened: int


def answer_tokens(pair: Pair, answers: Sequence[Span], number: int) -> AnswerTokens:
    """Places in the text as places among the tokens; what cuts a token is widened to all of it.

    Raises:
        ValueError: an answer outside the passage, or without a token.
    """
    found, widened = [], 0
    for answer in answers:
        start, end = answer
        if not 0 <= start < end <= len(pair.text):
            raise ValueError(
                f"an answer must lie in its passage, from 0 to {len(pair.text)} characters. "
                f"Received: {tuple(answer)} in pair {number}"
            )
        try:
            span = token_span(pair.spans, start, end)
        except ValueError as error:
            raise ValueError(f"pair {number}: {error}") from error
        widened += not is_exact(pair.spans, start, end)
        if span not in found:
            found.append(span)
    return AnswerTokens(found, widened)


def answer_texts(x: Sequence[Any], y: Sequence[Sequence[Span]]) -> list[list[str]]:
    """The texts of the answers at some places of the passages of `(question, passage)`."""
    return [
        [passage[start:end] for start, end in spans]
        for (_, passage), spans in zip(x, y, strict=True)
    ]


def make_rows(pairs: Sequence[Pair], size: int, step: int) -> list[Row]:
    """The windows of all passages."""
    return [
        Row(number, *window)
        for number, pair in enumerate(pairs)
        for window in windows(len(pair.passage), size, step)
    ]


def rows_to_train(
    rows: Sequence[Row], answers: Sequence[Sequence[Span]]
) -> tuple[list[Row], list[list[Span]], Counter[str]]:
    """What can be learned from windows, their targets, and a count of what cannot.

    A window with no part of an answer has none. One with parts of answers only, cut at its edge,
    would teach that they are wrong and is left out.

    Args:
        rows: windows.
        answers: of each pair, `[start, end)` in tokens of the passage.

    Returns:
        The windows that are left; of each its answers, as first and last step of the scores,
        `(0, 0)` for none; the counts.
    """
    kept, targets, counts = [], [], Counter[str]()
    whole_somewhere: set[int] = set()
    for row in rows:
        own = answers[row.pair]
        inside = [(a, b) for a, b in own if row.start <= a and b <= row.end]
        touched = any(a < row.end and b > row.start for a, b in own)
        if touched and not inside:
            counts["windows_cut"] += 1
            continue
        if inside:
            whole_somewhere.add(row.pair)
        kept.append(row)
        # Step 0 is no answer, so token t is step t + 1, and the last one is b - 1.
        targets.append([(a - row.start + 1, b - row.start) for a, b in inside] or [(0, 0)])
    answered = {row.pair for row in rows if answers[row.pair]}
    counts["answers_longer_than_windows"] = len(answered - whole_somewhere)
    counts["windows"] = len(kept)
    return kept, targets, counts


def window_texts(pairs: Sequence[Pair], rows: Sequence[Row]) -> list[Texts]:
    """The windows with their questions, as [`PairBatches`][keras_elmo.tasks.pair_batches] takes."""
    return [
        (pairs[row.pair].passage[row.start : row.end], pairs[row.pair].question) for row in rows
    ]


class WindowBatches(PairBatches):
    """Batches of windows and questions."""

    tokens_per_row = 512
