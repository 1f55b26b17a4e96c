"""A task describes itself: what it is trained on, and what it is worth, predicts and gets wrong."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, NamedTuple, Self

from keras_elmo.data.datasets import Dataset, skipped_facts
from keras_elmo.data.kinds import KINDS
from keras_elmo.data.predictions.prediction_formats import JSONL, PREDICTION_FILES, check_format
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.metrics.selection import Selection
from keras_elmo.tasks.compiled_model import CompiledModel
from keras_elmo.tasks.gate import Examples, read_examples
from keras_elmo.tasks.keywords import check_keywords, parameter_names
from keras_elmo.tasks.registry import kind_of, register
from keras_elmo.tasks.text_data import is_generator
from keras_elmo.text.rows import as_rows

_WINDOW = 32  # batches that are read ahead and sorted by length together


class Output(NamedTuple):
    """An output of a task's graph.

    Attributes:
        meaning: of its numbers.
        axes: what each axis counts.
    """

    meaning: str
    axes: tuple[str, ...]


class DescribedTask(CompiledModel):
    """What people and programs ask a task, whichever it is.

    Attributes:
        kinds: the kinds of data that it is trained on, see `keras_elmo.data.kinds`. A class that
            names them is found by `--task` and by `load_task` once its module is imported.
        prediction_options: keywords that `report`, `records` and `mistakes` take besides.
        view: how `keras-elmo predict --pretty` shows a record.
        rank: the number in a mistake by which the worst one comes first.
    """

    kinds: ClassVar[tuple[str, ...]] = ()
    prediction_options: ClassVar[tuple[str, ...]] = ()
    view: ClassVar[str] = "fields"
    rank: ClassVar[str] = "confidence"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        register(cls)

    @property
    def kind(self) -> str:
        """The kind of data that this task is for."""
        return kind_of(type(self).__name__, vars(self))

    # === Data ===

    @classmethod
    def for_dataset(cls, dataset: Dataset, backbone: ElmoBackbone, **arguments: Any) -> Self:
        """A new task with what follows from a data set.

        Args:
            dataset: what it will be trained on.
            backbone: the ELMo.
            arguments: of the constructor.
        """
        return cls(backbone, **arguments)

    @classmethod
    def known(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the options of a training that `for_dataset` or the constructor takes."""
        names = {*parameter_names(cls.for_dataset), *cls.constructor_names()}
        return {name: value for name, value in options.items() if name in names}

    @classmethod
    @abstractmethod
    def constructor_names(cls) -> list[str]:
        """The arguments of the constructor, and those that Keras's own takes."""

    def data_facts(self, rows: Dataset, *, held_out: bool = False) -> dict[str, int]:
        """What was passed over in a data set and why, and what `fit` makes of the rest.

        Args:
            rows: the data set.
            held_out: whether it is only developed on.
        """
        return skipped_facts(rows.skipped)

    @property
    def label_counts(self) -> dict[str, int]:
        """How many labels there are, by what they are called."""
        return {"labels": len(self.labels)} if self.labels else {}

    @property
    @abstractmethod
    def labels(self) -> list[Any]:
        """The label of each class."""

    def after_training(self, x: Any, y: Any) -> str:
        """Set what is decided on a development set; a line that says how, or nothing.

        Args:
            x, y: the development set, as of `fit`.
        """
        return ""

    # === Graph ===

    @property
    def graph_outputs(self) -> dict[str, Output]:
        """What the functional model gives, by name; of one output the name is the task's choice."""
        return {}

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
        examples = read_examples(self, x, y)
        measures = self.measures(examples, batch_size=batch_size, **options)
        return {"examples": len(examples.y)} | measures

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """The measures of the field, ready for JSON; by default those that `fit` shows.

        Args:
            examples: checked sentences and labels.
            batch_size: as of `predict`.
        """
        batches = self.make_batches(examples, batch_size=batch_size)
        return self.evaluate(batches, verbose=0, return_dict=True)

    def selection(self, metric: str | None = None, class_weight: Any = None) -> Selection:
        """By what the best epoch is chosen, see [`DataKind`][keras_elmo.data.kinds.DataKind].

        Args:
            metric: a measure of the development set; None for the default.
            class_weight: as of `fit`, on which the default depends.

        Raises:
            ValueError: a metric that the task does not have.
        """
        kind = KINDS[self.kind]
        return kind.selection(kind.labels(self.get_config()), metric, class_weight)

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
        texts = x if is_generator(x) else iter(as_rows(x, "texts"))
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
        gold = self.gold(read_examples(self, texts, y))
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
