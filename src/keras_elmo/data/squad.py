"""Questions on passages from SQuAD's JSON, versions 1.1 and 2.0 (Rajpurkar et al. 2016, 2018)."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.formats import RECORDS, format_of, read_records
from keras_elmo.files.json_files import loads
from keras_elmo.files.lines import STANDARD_INPUT, DataError, numbered_lines

_KEYS = ("id", "question", "context", "answers")  # of a record that is a row


class Answer(NamedTuple):
    """An annotated answer: its text, and where it begins in the passage."""

    text: str
    start: int

    @property
    def span(self) -> tuple[int, int]:
        """The place of its characters in the passage, `(start, end)`."""
        return self.start, self.start + len(self.text)


class Question(NamedTuple):
    """A question on a passage.

    Attributes:
        id: an id that no other question of the file has.
        question, passage: strings.
        answers: each of them is right; none where the passage does not hold the answer.
        title: title of the article that the passage is from.
    """

    id: str
    question: str
    passage: str
    answers: list[Answer]
    title: str = ""


@dataclass(frozen=True)
class SquadFile:
    """The questions of a file, and how many records were left out for which reason."""

    questions: list[Question]
    skipped: dict[str, int] = field(default_factory=dict)


class _BadRecordError(ValueError):
    """An error in one question: a short reason to count, and the whole message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def read_squad(
    path: str | Path,
    file_format: str | None = None,
    *,
    labelled: bool = True,
    skip_bad: bool = False,
) -> SquadFile:
    """Read a SQuAD file; in version 1.1 questions have no `is_impossible`.

    Args:
        path: a JSON file, plain or compressed; `-` is standard input. Or JSON Lines, Parquet or a
            data set of the hub in the form that SQuAD has there: `id`, `question`, `context` and
            `answers`, an object of two lists, `text` and `answer_start`; empty ones are no answer.
        file_format: one of `keras_elmo.data.formats`; by default that of the ending of its name.
        labelled: whether every question must have an answer or be marked as impossible.
        skip_bad: leave out records that cannot be used and count them, by reason.

    Raises:
        DataError: the file and line of what is no JSON; the file and record of another form, of an
            empty question or passage, of an id that is there twice, of an answer that is not what
            the passage has at its place or lies outside it. A file without a question.

    Example:
        >>> for question in read_squad("train.json").questions:
        ...     print(question.question, question.answers)
    """
    name = "<stdin>" if str(path) == STANDARD_INPUT else str(path)
    questions: list[Question] = []
    skipped, seen = Counter[str](), set[str]()
    for where, title, passage, record in _records(path, name, file_format, skipped):
        try:
            question = _question(title, passage, record, labelled=labelled)
            if question.id in seen:
                raise _BadRecordError(
                    "id twice", "its id stands in the file twice. Make it unique."
                )
        except _BadRecordError as error:
            if not skip_bad:
                raise DataError(f"{name}: {where}: {error}") from error
            skipped[error.reason] += 1
            continue
        seen.add(question.id)
        questions.append(question)
    if not questions:
        left_out = ", ".join(f"{reason}: {count}" for reason, count in skipped.items())
        hint = f"Skipped, {left_out}." if left_out else "Is it the right file?"
        raise DataError(f"{name}: the file holds no questions that can be used. {hint}")
    return SquadFile(questions, dict(skipped))


def is_squad(path: str | Path) -> bool:
    """Whether a file's name is one of JSON (`.json`, perhaps compressed)."""
    suffixes = Path(path).suffixes
    return ".json" in suffixes[-2:] and (suffixes[-1] in (".json", ".gz", ".xz", ".zst"))


def _records(
    path: str | Path, name: str, file_format: str | None, skipped: Counter[str]
) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """The place of each question in the file, its title, passage and record."""
    file_format = format_of(path, file_format)
    if file_format in RECORDS:
        for row, record in read_records(path, file_format, _KEYS, skipped):
            answers = _pairs(record.get("answers"))
            own = {**record, "answers": answers, "is_impossible": answers == []}
            yield f"row {row}", "", record.get("context"), own
        return
    yield from _nested_records(_parsed(path, name), name)


def squad_rows(parsed: Any) -> list[dict[str, Any]]:
    """The questions of a SQuAD file that was read already, a dict each.

    Args:
        parsed: all of the file, `json.load(file)`.

    Returns:
        `question`, `context` and `answers` of each, as they are.

    Raises:
        DataError: it is not nested as SQuAD is.
    """
    return [
        {"question": record.get("question"), "context": passage, "answers": record.get("answers")}
        for _, _, passage, record in _nested_records(parsed, "x")
    ]


def _nested_records(parsed: Any, name: str) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    articles = _list(name, "the file", parsed, "data")
    for i, article in enumerate(articles):
        place = f"data[{i}]"
        for j, paragraph in enumerate(_list(name, place, article, "paragraphs")):
            inner = f"{place}.paragraphs[{j}]"
            for k, record in enumerate(_list(name, inner, paragraph, "qas")):
                if not isinstance(record, dict):
                    raise DataError(
                        f"{name}: {inner}.qas[{k}] must be an object. Received: {short(record)}"
                    )
                where = f"question {record['id']!r}" if "id" in record else f"{inner}.qas[{k}]"
                yield where, str(article.get("title", "")), paragraph.get("context"), record


def _pairs(answers: Any) -> Any:
    """Answers from two lists; what has no such lists as it is."""
    if not isinstance(answers, dict):
        return answers
    both = zip_longest(answers.get("text") or (), answers.get("answer_start") or ())
    return [{"text": text, "answer_start": start} for text, start in both]


def _parsed(path: str | Path, name: str) -> Any:
    text = "\n".join(line for _, line in numbered_lines(path))
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        raise DataError.at(
            path,
            error.lineno,
            f"not JSON ({error.msg}, column {error.colno}). SQuAD files hold one object; "
            "a file with one on each line is read with `--format jsonl`.",
        ) from error
    except ValueError as error:
        raise DataError(f"{name}: not JSON that can be used. Received: {error}.") from error


def _list(name: str, place: str, value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    if isinstance(found, list):
        return found
    raise DataError(
        f"{name}: {place} must be an object with a list {key!r}, as SQuAD's files have it. "
        f"Received: {short(value)}"
    )


def _question(title: str, passage: Any, record: dict[str, Any], *, labelled: bool) -> Question:
    number = record.get("id")
    if not isinstance(number, str | int) or isinstance(number, bool):
        raise _BadRecordError("no id", f"'id' must be a string. Received: {short(number)}")
    asked = record.get("question")
    for what, text in (("question", asked), ("passage", passage)):
        if not isinstance(text, str) or not text.strip():
            raise _BadRecordError(
                f"empty {what}", f"the {what} is empty or no string. Received: {short(text)}"
            )
    given = record.get("answers", [])
    if not isinstance(given, list):
        raise _BadRecordError(
            "no list of answers", f"'answers' is no list. Received: {short(given)}"
        )
    impossible = record.get("is_impossible", False)
    if impossible and given:
        raise _BadRecordError(
            "impossible, but answered",
            "it is marked as impossible and has answers. "
            f"Received: {short(given)}. Put those into 'plausible_answers'.",
        )
    if labelled and not given and not impossible:
        raise _BadRecordError(
            "no answer",
            "it has no answer. Received: 'answers' empty or missing. Give one, or mark it with "
            '"is_impossible": true.',
        )
    return Question(
        str(number), str(asked), passage, [_answer(passage, answer) for answer in given], title
    )


def _answer(passage: str, answer: Any) -> Answer:
    text = answer.get("text") if isinstance(answer, dict) else None
    start = answer.get("answer_start") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not isinstance(start, int) or isinstance(start, bool):
        raise _BadRecordError(
            "answer without text or place",
            f"an answer needs a 'text' and an 'answer_start'. Received: {short(answer)}",
        )
    if not text.strip():
        raise _BadRecordError(
            "empty answer", f"an answer is empty. Received: {short(text)} at {start}"
        )
    if not 0 <= start <= len(passage) - len(text):
        raise _BadRecordError(
            "answer outside the passage",
            f"an answer must lie in the passage, which has {len(passage)} characters. "
            f"Received: {short(text)} from {start} to {start + len(text)}",
        )
    found = passage[start : start + len(text)]
    if found != text:
        elsewhere = passage.find(text)
        hint = f"It stands at {elsewhere}." if elsewhere >= 0 else "The passage does not hold it."
        raise _BadRecordError(
            "answer not at its place",
            f"an answer must be what the passage has at its place, {start}: {short(found)}. "
            f"Received: {short(text)}. {hint}",
        )
    return Answer(text, start)
