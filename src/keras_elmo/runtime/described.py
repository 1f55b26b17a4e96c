"""What a trained model predicts, is worth and gets wrong: records, measures and mistakes.

Tasks in Keras and exported models have all of this in common. They differ in what computes the
outputs of their networks.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from keras_elmo.data.kinds import KINDS
from keras_elmo.data.predictions.prediction_formats import JSONL, PREDICTION_FILES, check_format
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.keywords import check_keywords
from keras_elmo.text.rows import as_rows
from keras_elmo.text.tokenizers import Tokenizer

_WINDOW = 32  # batches that are read ahead and sorted by length together


class Predicts:
    """A trained model, whatever computes it.

    Attributes:
        prediction_options: keywords that `report`, `records` and `mistakes` take besides.
        view: how `keras-elmo predict --pretty` shows a record.
        rank: the number in a mistake by which the worst one comes first.
        row_name, target_name: what rows of `x` and `y` are called in errors.
    """

    prediction_options: ClassVar[tuple[str, ...]] = ()
    view: ClassVar[str] = "fields"
    rank: ClassVar[str] = "confidence"
    row_name: ClassVar[str] = "sentences"
    target_name: ClassVar[str] = "labels"

    @property
    @abstractmethod
    def kind(self) -> str:
        """The kind of data that the model is for."""

    @property
    @abstractmethod
    def labels(self) -> list[Any]:
        """The label of each class."""

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """What the model is made of, its labels among it."""

    @property
    @abstractmethod
    def tokenizer(self) -> Tokenizer:
        """What splits strings into tokens."""

    @abstractmethod
    def tokenize(self, x: Any) -> list[Any]:
        """What the network reads of each sentence: token lists, unless a task says otherwise."""

    @abstractmethod
    def read_texts(self, x: Any) -> tuple[list[Any], list[Any]]:
        """Sentences as they were given, a list of them, and what `tokenize` makes of them."""

    @abstractmethod
    def read_sentences(self, x: Any) -> list[Any]:
        """Sentences in any container as what the network reads."""

    @abstractmethod
    def sentence_outputs(self, sentences: list[Any], batch_size: int = 32) -> list[Any]:
        """The network's output for each of these, without padding."""

    @abstractmethod
    def predict(self, x: Any, *, batch_size: int = 32, **kwargs: Any) -> Any:
        """The outputs for each sentence, in their order; the task says what they are."""

    @abstractmethod
    def examples(self, x: Any, y: Any) -> Examples:
        """Checked sentences and labels, `x` and `y` as of `report`."""

    # === Measures ===

    def report(
        self, x: Any, y: Any = None, *, batch_size: int = 32, **options: Any
    ) -> dict[str, Any]:
        """Measure the task by what it predicts.

        Args:
            x, y: as of `fit`.
            batch_size: as of `predict`.
            options: the task's `prediction_options`.

        Returns:
            Ready for JSON: `examples`, and what `measures` returns.
        """
        check_keywords(options, self.prediction_options, "report")
        examples = self.examples(x, y)
        measures = self.measures(examples, batch_size=batch_size, **options)
        return {"examples": len(examples.y)} | measures

    @abstractmethod
    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """The measures of the field, ready for JSON.

        Args:
            examples: checked sentences and labels.
            batch_size: as of `predict`.
        """

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """What guess that looks at no text the task is no better than.

        Args:
            measures: what `report` returned.
            gold: the labels that it was measured on, as of `fit`.

        Returns:
            A sentence that says so; nothing where the task is better, or no such guess is known.
        """
        return ""

    # === Predictions ===

    @property
    def file_formats(self) -> tuple[str, ...]:
        """The formats in which predictions can be written, see `keras_elmo.data.kinds`."""
        kind = KINDS[self.kind]
        return kind.formats(kind.labels(self.get_config()))

    def records(self, x: Any, *, batch_size: int = 32, **options: Any) -> Iterator[dict[str, Any]]:
        """A record of each text for JSON, in order, holding only a window of them in memory.

        Args:
            x: what the task predicts on, in any container, or one by one from an iterator.
            batch_size: as of `predict`.
            options: the task's `prediction_options`.
        """
        check_keywords(options, self.prediction_options, "records")
        texts = x if hasattr(x, "__next__") else iter(as_rows(x, "texts"))
        while window := list(islice(texts, batch_size * _WINDOW)):
            yield from self.records_of(window, batch_size=batch_size, **options)

    @abstractmethod
    def records_of(self, texts: list[Any], *, batch_size: int) -> Iterator[dict[str, Any]]:
        """The records of some texts: what was read, see `shown`, and what is predicted."""

    def shown(self, text: Any, name: str = "text") -> dict[str, Any]:
        """What was read, in a record."""
        return {name: text}

    def lines(
        self, x: Any, file_format: str = JSONL, *, batch_size: int = 32, **options: Any
    ) -> Iterator[str]:
        """Predictions as the text of a file, a record or a sentence at a time.

        Args:
            x, batch_size, options: as of `records`.
            file_format: one of `file_formats` that is a file. Of tags, `"conll"` has tokens, then a
                column for each column of tags; `"conllu"` has parts of speech in UPOS and tags of
                spans in MISC as `Tag=`. A joint tagger's columns are in the fields of their names
                (`UPOS`, …) or in MISC, and its labels in comments. Folders are written by
                `PREDICTION_FORMATS[file_format].write(task.records(x), folder)`.

        Raises:
            ValueError: another format.
        """
        check_format(file_format, [name for name in self.file_formats if name in PREDICTION_FILES])
        records = self.records(x, batch_size=batch_size, **options)
        return PREDICTION_FILES[file_format].lines(records)

    # === Mistakes ===

    def mistakes(
        self, x: Any, y: Any, *, batch_size: int = 32, **options: Any
    ) -> list[dict[str, Any]]:
        """A record of each text with a wrong label, tag or target, the surest mistake first.

        Args:
            x, y: as of `fit`.
            batch_size, options: as of `records`.

        Returns:
            `number` (of the text, from 0), `input` (of pairs `text_a` and `text_b`), and what
            `mistake` returns.
        """
        texts = self.rows(x)
        gold = self.gold(self.examples(texts, y))
        records = self.records(texts, batch_size=batch_size, **options)
        found = []
        for number, (text, record, wanted) in enumerate(zip(texts, records, gold, strict=True)):
            if wrong := self.mistake(record, wanted):
                found.append({"number": number} | self.shown(text, "input") | wrong)
        return sorted(found, key=lambda wrong: -abs(wrong[self.rank]))

    def rows(self, x: Any) -> list[Any]:
        """A row of each text, as it was given."""
        return as_rows(x, "texts")

    def gold(self, examples: Examples) -> list[Any]:
        """What would have to be predicted for each example; None for a tag that is left out."""
        return examples.y

    @abstractmethod
    def mistake(self, record: dict[str, Any], gold: Any) -> dict[str, Any] | None:
        """`gold`, `predicted` and how sure the task was, of a record that is wrong; else None."""


def mistake(gold: Any, predicted: Any, confidences: list[float]) -> dict[str, Any] | None:
    """What was wrong and the highest of its probabilities; None where there is none."""
    if not confidences:
        return None
    return {"gold": gold, "predicted": predicted, "confidence": round(max(confidences), 6)}


def rounded(probabilities: Any) -> list[float]:
    """Probabilities as they stand in records."""
    return [round(float(p), 6) for p in probabilities]
