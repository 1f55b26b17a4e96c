"""A task describes itself: what it is trained on, and by what it is chosen."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

from keras_elmo.data.datasets import Dataset, skipped_facts
from keras_elmo.data.kinds import KINDS
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.metrics.selection import Selection
from keras_elmo.runtime.described import Predicts
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.keywords import parameter_names
from keras_elmo.tasks.compiled_model import CompiledModel
from keras_elmo.tasks.gate import read_examples
from keras_elmo.tasks.registry import kind_of, register


class Output(NamedTuple):
    """An output of a task's graph.

    Attributes:
        meaning: of its numbers.
        axes: what each axis counts.
    """

    meaning: str
    axes: tuple[str, ...]


class DescribedTask(CompiledModel, Predicts):
    """What people and programs ask a task, whichever it is.

    Attributes:
        kinds: the kinds of data that it is trained on, see `keras_elmo.data.kinds`. A class that
            names them is found by `--task` and by `load_task` once its module is imported.
    """

    kinds: ClassVar[tuple[str, ...]] = ()

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

    def examples(self, x: Any, y: Any) -> Examples:
        return read_examples(self, x, y)

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """Those that `fit` shows, unless a task says otherwise."""
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
