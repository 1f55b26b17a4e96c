"""One training, as the options of `keras-elmo train` describe it: files → data, task, recipe.

Options and data are read and checked without Keras, which is imported where a task is built.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_args

from keras_elmo._values import Mix
from keras_elmo.data.datasets import SEQ2SEQ, Dataset
from keras_elmo.data.examples import read_dataset
from keras_elmo.data.kinds import KINDS
from keras_elmo.data.reading import Reading
from keras_elmo.files.lines import DataError
from keras_elmo.fine_tuning.recipes import Recipe, get_recipe
from keras_elmo.metrics.selection import Selection
from keras_elmo.tasks.task_labels import read_task_labels
from keras_elmo.text.symbols import WORDS, find_symbols
from keras_elmo.text.word_vectors import vector_size
from keras_elmo.weights.detection import check_elmo
from keras_elmo.weights.language_model import check_language_model, has_language_model
from keras_elmo.weights.sources.presets import DEFAULT_PRESET, OWN_VECTORS
from keras_elmo.workflows.labelled_files import (
    LabelledData,
    as_in_training,
    check_class_weight,
    check_options,
    read_for,
    said_of_data,
)
from keras_elmo.workflows.options import MODEL, SEQUENCES, TrainingOptions, training_options
from keras_elmo.workflows.usual_settings import usual_scheme

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor
    from keras_elmo.fine_tuning.forgetting import ForgettingMonitor
    from keras_elmo.tasks.pretrained import WordVectors
    from keras_elmo.tasks.task import ElmoTask

NO_VECTORS = "none"  # for `word_vectors`, beside `OWN_VECTORS`


@dataclass(frozen=True)
class TrainingRun(TrainingOptions):
    """A training by the names and with the defaults of the options of `train`."""

    def check_start(self, said: Iterable[str]) -> None:
        """Refuse what would make another model of the one that this training starts from.

        Args:
            said: names of the options that were given, or are searched.
        """
        if not self.start_from:
            return
        panels = {name: facts.about.panel for name, facts in training_options().items()}
        names = {name for name, panel in panels.items() if panel in (MODEL, SEQUENCES)}
        if self.recipe().unfreezing != "frozen":
            names.remove("preset")  # it says whose language model forgets
        known = training_options()
        refused = [known[name].flag(getattr(self, name)) for name in said if name in names]
        if refused:
            raise ValueError(
                f"a training that starts from {self.start_from} goes on with that model as it is. "
                f"Received beside it: {', '.join(refused)}. Leave that out, or train a new model."
            )

    def recipe(self) -> Recipe:
        """The named recipe with what is said otherwise."""
        names = {field.name for field in fields(Recipe)} & training_options().keys()
        chosen = {name: getattr(self, name) for name in names}
        given = {name: value for name, value in chosen.items() if value is not None}
        return replace(get_recipe(self.fine_tune), **given)

    def training(self) -> dict[str, Any]:
        """The arguments of `train_task` besides the task, the data and callbacks."""
        self._check_average()
        names = ("epochs", "steps", "patience", "average", "metric")
        names += ("batch_size", "class_weight", "seed")
        return {"recipe": self.recipe()} | {name: getattr(self, name) for name in names}

    def read(self) -> LabelledData:
        """Read the files and hold out what there is to develop on.

        Raises:
            DataError: the file and line of what cannot be used.
            ValueError: the data do not fit the options.
        """
        trained = read_task_labels(self.start_from) if self.start_from else None

        reading = self.reading()

        def read(path: str, reading: Reading) -> Dataset:
            if trained:
                return read_for(trained, path, reading)
            return read_dataset(path, reading)

        self._check_mix()
        self._check_average()
        rows = read(self.data, reading)
        scheme = None if trained else self._scheme(rows)
        rows = self._convert(rows, scheme)
        check_options(rows, ordinal=self.ordinal, cross_attention=self.cross_attention)
        labels, held_out = self._classes(rows), None
        if self.dev:
            like_these = replace(reading, task=rows.kind, usual=rows.reading)
            held_out = self._convert(read(self.dev, like_these), scheme)
            if not trained:  # which knows more labels
                held_out.require(labels)
        elif self.dev_split:
            rows, held_out = rows.split(self.dev_split, self.seed)
        data = LabelledData(rows, held_out, labels)
        self.selection(data)
        return data

    def _scheme(self, rows: Dataset) -> str | None:
        """Of tags that mark spans, and are not said to be plain classes."""
        return self.scheme or (usual_scheme(rows) if self.file_scheme != "none" else None)

    def _convert(self, rows: Dataset, scheme: str | None) -> Dataset:
        """Rows without a single span are in any scheme, unless one is asked for."""
        return rows.in_scheme(scheme if self.scheme or rows.span_types() else None)

    def selection(self, data: LabelledData) -> Selection:
        """By what the best epoch is chosen.

        Raises:
            ValueError: a metric, or class weights, that are not for such data.
        """
        check_class_weight(data.rows, self.class_weight)
        chosen = KINDS[data.rows.kind].selection(data.labels, self.metric, self.class_weight)
        data.check_metric(self.metric)
        return chosen

    def _check_mix(self) -> None:
        mixes = get_args(Mix)
        if self.mix not in mixes and not str(self.mix).isdigit():
            raise ValueError(
                f"`mix` must be one of {', '.join(map(repr, mixes))} or the number of a layer. "
                f"Received: --mix {self.mix}"
            )
        if self.mix_layer_norm and self.mix != "scalar":
            raise ValueError(
                "--mix-layer-norm normalises the layers of a learned mix, --mix scalar. "
                f"Received: --mix {self.mix}"
            )
        if self.mix_at_output and self.source != WORDS:
            raise ValueError(
                "--mix-at-output puts vectors of words beside outputs of words. "
                f"Received: --source {self.source}"
            )

    def _check_average(self) -> None:
        if self.average > 1 and self.max_forgetting is not None:
            raise ValueError(
                "--max-forgetting pulls back the weights that go on, --average keeps others. "
                f"Received: --max-forgetting {self.max_forgetting} --average {self.average}. "
                "Leave one out."
            )

    def reading(self) -> Reading:
        """What is said of the data; a training that goes on takes the columns of the first."""
        said = said_of_data(vars(self))
        return as_in_training(self.start_from, said) if self.start_from else said

    def check_elmo(self) -> None:
        """Look for what a new task is built on, as far as files tell.

        Raises:
            FileNotFoundError, ValueError: there is no such ELMo, no such word vectors.
        """
        if self.start_from:
            return
        check_elmo(self.preset or DEFAULT_PRESET, self.weights, self.options)
        chosen = self._chosen_vectors()
        if chosen == OWN_VECTORS:
            check_language_model(self.preset or DEFAULT_PRESET)
        elif chosen not in (None, NO_VECTORS):
            vector_size(chosen)

    def build(self, data: LabelledData) -> "ElmoTask":
        """A new task on a newly loaded ELMo, all of it decided by the seed; or the trained one."""
        import keras

        from keras_elmo.tasks.loading import load_task
        from keras_elmo.workflows.building import build_task

        keras.utils.set_random_seed(self.seed)
        if self.start_from:
            return load_task(self.start_from)
        return build_task(
            data.rows,
            *self.load_elmo(),
            data.labels,
            choices=self._choices(),
            word_embedding_dim=self.word_embedding_dim,
            word_vectors=self._word_vectors(),
            word_shape_dim=self.word_shape_dim,
        )

    def _choices(self) -> dict[str, Any]:
        """What is said of the model."""
        known = training_options().items()
        names = [name for name, facts in known if facts.about.panel in (MODEL, SEQUENCES)]
        chosen = {name: getattr(self, name) for name in names}
        return chosen | {"mix": int(self.mix) if str(self.mix).isdigit() else self.mix}

    def _chosen_vectors(self) -> str | None:
        """A file, or those of the ELMo's own language model; by default if it has one."""
        chosen, preset = self.word_vectors, self.preset or DEFAULT_PRESET
        by_words = self.source == WORDS  # else its words are hardly those of a text
        if chosen is None and by_words and not (self.weights or self.word_embedding_dim):
            chosen = OWN_VECTORS if has_language_model(preset) else NO_VECTORS
        if chosen == OWN_VECTORS and self.weights:
            raise ValueError(
                f"--word-vectors {OWN_VECTORS} takes the vectors of a preset's language model. "
                f"Received: --weights {self.weights}, which hold none"
            )
        return chosen

    def _word_vectors(self) -> "WordVectors | str | None":
        from keras_elmo.elmo.word_vectors import load_word_vectors

        chosen = self._chosen_vectors()
        if chosen == OWN_VECTORS:
            return load_word_vectors(self.preset or DEFAULT_PRESET)
        return None if chosen == NO_VECTORS else chosen

    def _classes(self, rows: Dataset) -> Any:
        if rows.kind != SEQ2SEQ:
            return rows.classes()
        symbols = find_symbols(rows.labels, self.target)
        if len(symbols) < 2:
            raise DataError(
                f"{rows.path}: training needs at least two different symbols on the target side. "
                f"Received: {', '.join(map(repr, symbols))} only, as {self.target}. Choose what a "
                "target is split into with --target words or characters."
            )
        return symbols

    def load_elmo(self) -> "tuple[ElmoBackbone, ElmoPreprocessor]":
        """The pretrained ELMo and what encodes for it."""
        from keras_elmo.elmo.loading import load_backbone_and_preprocessor

        rates: dict[str, Any] = {"dropout": self.bilm_dropout, "weight_drop": self.bilm_weight_drop}
        return load_backbone_and_preprocessor(
            self.weights or self.preset or DEFAULT_PRESET,
            options=self.options,
            tokenizer=self.tokenizer,
            **{name: rate for name, rate in rates.items() if rate},
        )

    def monitors(self, task: "ElmoTask") -> "list[ForgettingMonitor]":
        """What measures, and may bound, how much an ELMo that trains forgets."""
        from keras_elmo.fine_tuning.forgetting import ForgettingMonitor

        if self.recipe().unfreezing == "frozen" or not task.preprocessor:
            return []
        preset = self.preset or self.start_from or DEFAULT_PRESET
        knows_words = self.weights is None and has_language_model(preset)
        return [
            ForgettingMonitor(
                task.backbone,
                task.preprocessor,
                preset if knows_words else None,
                max_perplexity_increase=self.max_forgetting,
                action="pull_back",
            )
        ]
