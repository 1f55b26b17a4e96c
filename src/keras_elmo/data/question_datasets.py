"""Questions on passages as data sets, and as what is to be answered."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from reprlib import repr as short
from typing import Any, Self

import numpy as np

from keras_elmo.data.datasets import OpenDataset
from keras_elmo.data.formats import RECORDS, format_of, read_records
from keras_elmo.data.squad import Question, read_squad
from keras_elmo.files.lines import DataError

QA = "qa"  # what is predicted: a stretch of a passage


@dataclass(frozen=True)
class QuestionDataset(OpenDataset):
    """Questions, in `texts` with their passages as `(question, passage)`.

    `labels` has of each the places of its answers, `(start, end)` in characters of the passage;
    `lines` has its number in the file, from 1.

    Attributes:
        ids: ids of the questions.
    """

    ids: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """Each distinct question and passage."""
        return list(dict.fromkeys(text for pair in self.texts for text in pair))

    def split(self, share: float, seed: int) -> tuple[Self, Self]:
        """Two parts in a seeded order, about `share` of the questions in the second.

        All questions on a passage stay together: what is held out is new.
        """
        places: dict[str, list[int]] = {}
        for i, (_, passage) in enumerate(self.texts):
            places.setdefault(passage, []).append(i)
        groups = list(places.values())
        order = np.random.default_rng(seed).permutation(len(groups))
        counts = np.cumsum([len(groups[i]) for i in order])
        cut = int(np.searchsorted(counts, len(self) * (1.0 - share)) + 1)
        parts = [sorted(i for k in part for i in groups[k]) for part in (order[:cut], order[cut:])]
        if not all(parts):
            raise ValueError(
                "the development share must leave passages on both sides. "
                f"Received: {share} of the {len(groups)} passages of {self.path}"
            )
        return self.rows(parts[0]), self.rows(parts[1])

    def rows(self, rows: Any) -> Self:
        """The data set of some questions."""
        return replace(super().rows(rows), ids=[self.ids[i] for i in rows])


def read_question_dataset(
    path: str | Path, file_format: str | None = None, *, skip_bad: bool = False
) -> QuestionDataset:
    """Read questions with their answers; arguments and errors as of `read_squad`."""
    file = read_squad(path, file_format, skip_bad=skip_bad)
    questions = file.questions
    return QuestionDataset(
        str(path),
        QA,
        [(question.question, question.passage) for question in questions],
        [[answer.span for answer in question.answers] for question in questions],
        list(range(1, len(questions) + 1)),
        ids=[question.id for question in questions],
        skipped=file.skipped,
    )


def read_questions(
    path: str | Path, file_format: str | None = None, *, skipped: Counter[str] | None = None
) -> Iterator[Question]:
    """Questions to answer: SQuAD's JSON, or JSON Lines with `question`, `passage` (or `context`).

    The id of a line without `id` is its number. Parquet and data sets of the hub have `id`,
    `question` and `context`. What is passed over is counted in `skipped`.

    Raises:
        DataError: file and record, or line, of what cannot be used.
    """
    file_format = format_of(path, file_format)
    if file_format not in RECORDS:
        yield from read_squad(path, labelled=False).questions
        return
    for line, record in read_records(path, file_format, ("id", "question", "context"), skipped):
        yield _question(path, line, record)


def _question(path: str | Path, line: int, record: Mapping[str, Any]) -> Question:
    question, passage = record.get("question"), record.get("passage", record.get("context"))
    for text in (question, passage):
        if not isinstance(text, str) or not text.strip():
            message = "a question and a passage, not empty, must be there"
            raise DataError.at(path, line, f"{message}. Received: {short(record)}")
    return Question(str(record.get("id", line)), str(question), str(passage), [])
