"""Questions on passages, nested as SQuAD has them, 1.1 and 2.0 (Rajpurkar et al. 2016, 2018)."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from reprlib import repr as short
from typing import Any

from keras_elmo.data.bad_rows import RowError
from keras_elmo.data.reading import Source
from keras_elmo.files.lines import DataError


def is_squad(parsed: Any) -> bool:
    """Whether a JSON value is nested as SQuAD's files are."""
    articles = parsed.get("data") if isinstance(parsed, dict) else None
    if not (isinstance(articles, list) and articles):
        return False
    return any(isinstance(one, dict) and "paragraphs" in one for one in articles)


def squad_records(source: Source, parsed: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The questions of a SQuAD file, each with its number.

    Raises:
        DataError: it is not nested as SQuAD is.
    """
    source.bad.unit = "record"
    yield from enumerate(_nested(parsed, str(source.path)), 1)


def squad_rows(parsed: Any) -> list[dict[str, Any]]:
    """The questions of a SQuAD file that was read already, a dict each.

    Args:
        parsed: all of the file, `json.load(file)`.

    Returns:
        `question`, `context` and `answers` of each, as they are.

    Raises:
        DataError: it is not nested as SQuAD is.
    """
    names = ("question", "context", "answers")
    return [{name: record.get(name) for name in names} for record in _nested(parsed, "x")]


def _nested(parsed: Any, name: str) -> Iterator[dict[str, Any]]:
    for i, article in enumerate(_list(name, "the file", parsed, "data")):
        place = f"data[{i}]"
        for j, paragraph in enumerate(_list(name, place, article, "paragraphs")):
            inner = f"{place}.paragraphs[{j}]"
            for k, record in enumerate(_list(name, inner, paragraph, "qas")):
                if not isinstance(record, dict):
                    message = f"{inner}.qas[{k}] must be an object. Received: {short(record)}"
                    raise DataError(f"{name}: {message}")
                yield {"title": article.get("title", ""), **record} | {
                    "context": paragraph.get("context")
                }


def _list(name: str, place: str, value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, list):
        return found
    raise DataError(
        f"{name}: {place} must be an object with a list {key!r}, as SQuAD's files have it. "
        f"Received: {short(value)}"
    )


def question_string(value: Any, what: str) -> str:
    """A question or a passage.

    Raises:
        RowError: it is empty, or no string.
    """
    if isinstance(value, str) and value.strip():
        return value
    message = f"the {what} is empty or no string. Received: {short(value)}"
    raise RowError(f"empty {what}", message)


def answer_spans(record: Mapping[str, Any], given: Any, passage: str) -> list[tuple[int, int]]:
    """The places of the annotated answers in a passage, `(start, end)`; none where it has none.

    Args:
        record: the question, perhaps marked with `is_impossible`.
        given: its answers: a list of objects, or, as the hub has them, an object of two lists.
        passage: what they stand in.

    Raises:
        RowError: no answer, one that is not what the passage has at its place, or a contradiction.
    """
    by_lists = isinstance(given, dict)
    if by_lists:
        both = zip_longest(given.get("text") or (), given.get("answer_start") or ())
        given = [{"text": text, "answer_start": start} for text, start in both]
    given = [] if given is None else given
    if not isinstance(given, list):
        raise RowError("no list of answers", f"'answers' is no list. Received: {short(given)}")
    impossible = record.get("is_impossible", by_lists and not given)
    if impossible and given:
        raise RowError(
            "impossible, but answered",
            "it is marked as impossible and has answers. "
            f"Received: {short(given)}. Put those into 'plausible_answers'.",
        )
    if not given and not impossible:
        raise RowError(
            "no answer",
            "it has no answer. Received: 'answers' empty or missing. Give one, or mark it with "
            '"is_impossible": true.',
        )
    return [_answer(passage, answer) for answer in given]


def _answer(passage: str, answer: Any) -> tuple[int, int]:
    text = answer.get("text") if isinstance(answer, dict) else None
    start = answer.get("answer_start") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not isinstance(start, int) or isinstance(start, bool):
        message = f"an answer needs a 'text' and an 'answer_start'. Received: {short(answer)}"
        raise RowError("answer without text or place", message)
    if not text.strip():
        raise RowError("empty answer", f"an answer is empty. Received: {short(text)} at {start}")
    if not 0 <= start <= len(passage) - len(text):
        raise RowError(
            "answer outside the passage",
            f"an answer must lie in the passage, which has {len(passage)} characters. "
            f"Received: {short(text)} from {start} to {start + len(text)}",
        )
    found = passage[start : start + len(text)]
    if found != text:
        elsewhere = passage.find(text)
        hint = f"It stands at {elsewhere}." if elsewhere >= 0 else "The passage does not hold it."
        raise RowError(
            "answer not at its place",
            f"an answer must be what the passage has at its place, {start}: {short(found)}. "
            f"Received: {short(text)}. {hint}",
        )
    return start, start + len(text)
