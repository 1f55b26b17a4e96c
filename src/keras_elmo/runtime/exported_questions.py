"""Exported models that answer questions."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_elmo.data.datasets import QA
from keras_elmo.runtime.answers import Prediction, Scores
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.exported_model import ExportedModel
from keras_elmo.runtime.keywords import check_keywords
from keras_elmo.runtime.question_answering import ReadsAnswers
from keras_elmo.runtime.questions import (
    Pair,
    labelled_rows,
    make_pairs,
    make_rows,
    question_rows,
    window_texts,
)


class ExportedAnswerer(ReadsAnswers, ExportedModel):
    """Answers in passages, which are read in windows."""

    kinds = (QA,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self.max_answer_length = settings["max_answer_length"]
        self.window, self.window_step = settings["window"], settings["window_step"]
        self.no_answer_threshold = settings["no_answer_threshold"]

    def read_texts(self, x: Any) -> tuple[list[Any], list[Pair]]:
        rows = question_rows(x)
        return rows, make_pairs(rows, self.tokenizer)

    def examples(self, x: Any, y: Any = None) -> Examples:
        rows, answers = labelled_rows(x) if y is None else (x, y)
        return super().examples(rows, answers)

    def predict(
        self, x: Any, *, batch_size: int = 32, n_best: int = 5, **kwargs: Any
    ) -> list[Prediction]:
        """See `answers`."""
        check_keywords(kwargs, ["batch_size", "n_best"], "predict")
        return self.answers(x, batch_size=batch_size, n_best=n_best)

    def window_scores(self, pairs: Sequence[Pair], batch_size: int) -> list[Scores]:
        rows = make_rows(pairs, self.window, self.window_step)
        found: list[Scores] = [[] for _ in pairs]
        outputs = self.network.pair_outputs(window_texts(pairs, rows), batch_size)
        for row, output in zip(rows, outputs, strict=True):
            found[row.pair].append((row.start, output["spans"][: row.end - row.start + 1]))
        return found
