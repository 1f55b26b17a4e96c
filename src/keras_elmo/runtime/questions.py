"""Questions with their passages: tokens, places of answers, windows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, NoReturn

from keras_elmo.data.readers.squad import squad_rows
from keras_elmo.runtime.pairs import Texts, is_pair
from keras_elmo.text.alignment import is_exact, token_span
from keras_elmo.text.rows import as_rows, column_names, plain
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


def make_pairs(x: Any, tokenizer: Tokenizer) -> list[Pair]:
    """Tokens of questions and passages, each distinct text split once.

    Args:
        x: what [`question_rows`][keras_elmo.runtime.questions.question_rows] takes.
        tokenizer: splits the texts.

    Raises:
        ValueError: something else, or a text without a token.
    """
    spans = cache(tokenizer.spans)

    def split(text: Any, number: int, what: str) -> tuple[list[str], list[Span]]:
        if not isinstance(text, str):
            raise ValueError(f"a {what} must be a string. Received: {text!r:.80} in pair {number}")
        if not spans(text):
            raise ValueError(f"the {what} of pair {number} is empty. Received: {text!r:.80}")
        return [text[start:end] for start, end in spans(text)], spans(text)

    pairs = []
    for number, given in enumerate(question_rows(x)):
        if isinstance(given, Pair):
            pairs.append(given)
            continue
        if isinstance(given, Mapping):
            texts = [given.get("question"), given.get("context", given.get("passage"))]
        else:
            texts = given
        if not isinstance(texts, list | tuple) or len(texts) != 2:
            raise ValueError(
                "`x` must hold pairs (question, passage) of strings, such as "
                "[('Who signs it?', 'Ada signs it.'), …], or dicts with 'question' and 'context'. "
                f"Received: {given!r:.80} as pair {number}"
            )
        question, _ = split(texts[0], number, "question")
        passage, places = split(texts[1], number, "passage")
        pairs.append(Pair(question, passage, texts[1], places))
    return pairs


def question_rows(x: Any) -> list[Any]:
    """A row for each question: a pair (question, passage), or a dict as SQuAD has it.

    Args:
        x: one such row or many in any container; a frame or a dict of lists with the columns
            `question` and `context`; or all of a SQuAD file, `json.load(file)`.
    """
    if is_pair(x) or isinstance(x, Pair):
        return [x]
    if isinstance(x, Mapping) and "data" in x:
        return squad_rows(x)
    if isinstance(x, Mapping) and isinstance(x.get("question"), str):
        return [x]
    names = list(x) if isinstance(x, Mapping) else column_names(x)
    if names is None:
        return as_rows(x, "x")
    wanted = [name for name in ("question", "context", "passage", "answers") if name in names]
    if "question" not in wanted or len(set(wanted) & {"context", "passage"}) != 1:
        raise ValueError(
            "`x` must have the columns 'question' and 'context'. "
            f"Received: {', '.join(map(str, names[:8]))}"
        )
    columns = [as_rows(x[name], name) for name in wanted]
    return [dict(zip(wanted, row, strict=True)) for row in zip(*columns, strict=True)]


def labelled_rows(x: Any) -> tuple[list[Any], list[Any] | None]:
    """Rows and their answers, where all bring some or none, as SQuAD's do; else None."""
    rows = question_rows(x)
    if rows and all(isinstance(row, Mapping) and "answers" in row for row in rows):
        return rows, [row["answers"] or [] for row in rows]
    return rows, None


def read_answers(answers: Any, pair: Pair, number: int) -> list[Span]:
    """The places of a question's answers, `(start, end)` in characters of its passage.

    Args:
        answers: such places; or what SQuAD has: a dict of two lists, `text` and `answer_start`, or
            a list of dicts with these. Empty where there is no answer.
        pair: the question.
        number: number of the question, for the errors.

    Raises:
        ValueError: something else, or a text that does not stand at its place.
    """
    if isinstance(answers, Mapping) and {"text", "answer_start"} <= set(answers):
        both = plain(answers["text"], "y"), plain(answers["answer_start"], "y")
        answers = [{"text": t, "answer_start": s} for t, s in zip(*both, strict=True)]
    if not isinstance(answers, list | tuple):
        _refuse_answers(answers, number)
    found = []
    for answer in answers:
        if isinstance(answer, Mapping):
            text, start = answer.get("text"), answer.get("answer_start")
            if not isinstance(text, str) or not isinstance(start, int):
                _refuse_answers(answer, number)
            if pair.text[start : start + len(text)] != text:
                raise ValueError(
                    f"an answer must stand at its place in the passage. Received: {text!r:.80} at "
                    f"{start} in pair {number}, where it has "
                    f"{pair.text[start : start + len(text)]!r:.80}"
                )
            answer = start, start + len(text)
        if not isinstance(answer, list | tuple) or len(answer) != 2:
            _refuse_answers(answers, number)
        if not all(type(place) is int for place in answer):
            _refuse_answers(answer, number)
        found.append((answer[0], answer[1]))
    return found


def _refuse_answers(received: Any, number: int) -> NoReturn:
    raise ValueError(
        "`y` must hold a list of answers for each question, (start, end) in characters of its "
        "passage: [[(0, 3)], []]; or SQuAD's {'text': [...], 'answer_start': [...]}. "
        f"Received: {received!r:.80} for pair {number}"
    )


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


def answer_texts(pairs: Sequence[Pair], y: Sequence[Sequence[Span]]) -> list[list[str]]:
    """The texts of the answers at some places of passages."""
    return [
        [pair.text[start:end] for start, end in spans] for pair, spans in zip(pairs, y, strict=True)
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
        answers: answers of each pair, `[start, end)` in tokens of the passage.

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
    """The windows with their questions, as pairs of texts."""
    return [
        (pairs[row.pair].passage[row.start : row.end], pairs[row.pair].question) for row in rows
    ]
