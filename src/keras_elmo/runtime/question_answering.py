"""Answers to questions: from scores of spans to answers, measures and records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keras_elmo.metrics.no_better import than_nothing
from keras_elmo.metrics.question_answering import answer_report, answer_scores
from keras_elmo.runtime.answers import Prediction, Scores, find_answers
from keras_elmo.runtime.described import Predicts
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.keywords import check_keywords
from keras_elmo.runtime.questions import (
    Pair,
    answer_texts,
    make_pairs,
    question_rows,
    read_answers,
)
from keras_elmo.text.rows import as_rows
from keras_elmo.text.tokenizers import Span

if TYPE_CHECKING:
    Base = Predicts
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only


class ReadsAnswers(Base):
    """Reads the scores of spans in windows of a passage.

    Attributes:
        max_answer_length: tokens of an answer at most.
        window, window_step: tokens of a window, and from the start of one to that of the next.
        no_answer_threshold: there is no answer where its probability is above this.
    """

    view = "answer"
    row_name, target_name = "pairs", "lists of answers"
    max_answer_length: int
    window: int
    window_step: int
    no_answer_threshold: float

    def window_scores(self, pairs: Sequence[Pair], batch_size: int) -> list[Scores]:
        """The scores of all windows of each pair; windows of a batch are `batch_size`."""
        raise NotImplementedError

    def answers(self, x: Any, *, batch_size: int = 32, n_best: int = 5) -> list[Prediction]:
        """A [`Prediction`][keras_elmo.runtime.answers.Prediction] for each pair, in order.

        Args:
            x: pairs (question, passage).
            batch_size: windows of a batch.
            n_best: number of spans that each shows.
        """
        pairs = self.read_sentences(x)
        settings = {"max_length": self.max_answer_length, "threshold": self.no_answer_threshold}
        parts = zip(pairs, self.window_scores(pairs, batch_size), strict=True)
        return [find_answers(*part, n_best=n_best, **settings) for part in parts]

    def tokenize(self, x: Any) -> list[Pair]:
        """The tokens of each question and passage."""
        return make_pairs(x, self.tokenizer)

    def read_targets(self, y: Any, sentences: Sequence[Pair]) -> list[list[Span]]:
        rows = as_rows(y, "y")
        if len(rows) != len(sentences):
            return rows  # which is refused
        pairs = zip(rows, sentences, strict=True)
        return [read_answers(answers, pair, i) for i, (answers, pair) in enumerate(pairs)]

    def predict_labels(self, x: Any, *, batch_size: int = 32) -> list[str]:
        """The text of each answer, `""` for none."""
        return [found.answer for found in self.answers(x, batch_size=batch_size, n_best=1)]

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """What `answer_report` returns."""
        predicted = self.predict_labels(examples.x, batch_size=batch_size)
        return {**answer_report(answer_texts(examples.x, examples.y), predicted)}

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """See `than_nothing`."""
        return than_nothing(measures)

    def records_of(self, texts: list[Any], *, batch_size: int) -> Iterator[dict[str, Any]]:
        """Of each question `question`, `passage`, and `Prediction.record`."""
        predictions = self.answers(texts, batch_size=batch_size)
        for (question, passage), found in zip(texts, predictions, strict=True):
            yield {"question": question, "passage": passage} | found.record()

    def mistakes(
        self, x: Any, y: Any, *, batch_size: int = 32, **options: Any
    ) -> list[dict[str, Any]]:
        """See `DescribedTask`; with `question` and `passage` for `input`, and `f1` of the answer.

        `gold` has the texts of all right answers; the confidence is that there is one, or none.
        """
        check_keywords(options, self.prediction_options, "mistakes")
        rows = question_rows(x)
        examples, found = self.examples(rows, y), []
        gold = answer_texts(examples.x, examples.y)
        predictions = self.answers(examples.x, batch_size=batch_size, n_best=1)
        scores = answer_scores(gold, [prediction.answer for prediction in predictions])
        for number, (prediction, (exact, f1)) in enumerate(zip(predictions, scores, strict=True)):
            if exact:
                continue
            given, none = rows[number], prediction.no_answer_probability
            question = given["question"] if isinstance(given, Mapping) else given[0]
            shown = {"number": number, "question": question, "passage": examples.x[number].text}
            shown |= {"gold": gold[number], "predicted": prediction.answer, "f1": round(f1, 6)}
            confidence = round(1.0 - none if prediction.answer else none, 6)
            found.append(shown | {"confidence": confidence})
        return sorted(found, key=lambda wrong: -wrong["confidence"])
