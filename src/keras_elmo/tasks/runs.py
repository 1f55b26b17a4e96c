"""One training, as the options of `keras-elmo train` describe it: files → data, task, recipe."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from os import fspath
from typing import Any, Self

import keras

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.softmax_file import has_language_model, load_word_vectors
from keras_elmo.fine_tuning.forgetting import ForgettingMonitor
from keras_elmo.fine_tuning.recipes import Recipe, get_recipe
from keras_elmo.tasks.building import build_task
from keras_elmo.tasks.labelled_files import read_for
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.pretrained import OWN_VECTORS, WordVectors
from keras_elmo.tasks.symbols import WORDS, find_symbols
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.datasets import SEQ2SEQ, Dataset
from keras_elmo.text.lines import DataError
from keras_elmo.text.question_datasets import read_labelled
from keras_elmo.weights.presets import DEFAULT_PRESET

# Names of options that are not the field's; of a switch, what says yes and what says no.
_FLAGS = {"file_format": "--format"}
_SWITCHES = {
    "header": ("--header", "--no-header"),
    "crf": ("--crf", "--no-crf"),
    "ordinal": ("--ordinal", ""),  # which is never said where it is off
    "cross_attention": ("--cross-attention", ""),
    "copy": ("--copy", "--no-copy"),
    "skip_bad": ("--skip-bad", ""),
}
# For `word_vectors`, beside `OWN_VECTORS`.
NO_VECTORS = "none"
_SEQUENCES = ("target", "attention", "copy", "decoder_units")
_SEQUENCES += ("label_smoothing", "scheduled_sampling")
# What a trained model has of its own.
_MODEL = "task tokenizer weights options mix lstm_units num_layers pooling ordinal "
_MODEL += "cross_attention crf scheme dropout elmo_dropout word_embedding_dim word_vectors "
_MODEL += "word_shape_dim source bilm_dropout bilm_weight_drop"
_RATES = ("learning_rate", "elmo_learning_rate", "unfreezing", "schedule", "l2_sp")


@dataclass(frozen=True)
class LabelledData:
    """What a training reads.

    Attributes:
        rows: to train on.
        held_out: to develop on; None for nothing.
        labels: the classes; of several columns by name.
    """

    rows: Dataset
    held_out: Dataset | None
    labels: Any


@dataclass(frozen=True)
class TrainingRun:
    """What a training is told, by the names and with the defaults of the options of `train`.

    Attributes:
        data: path of the labelled file. All others are described by `keras-elmo train --help`.
    """

    data: str
    text: str | None = None
    label: str | None = None
    header: bool | None = None
    file_format: str | None = None
    skip_bad: bool = False
    task: str | None = None
    dev: str | None = None
    dev_split: float = 0.1
    tokenizer: str | None = None
    start_from: str | None = None
    preset: str | None = None
    weights: str | None = None
    options: str | None = None
    mix: str | int = "scalar"
    lstm_units: int = 128
    num_layers: int = 1
    pooling: str = "max"
    ordinal: bool = False
    cross_attention: bool = False
    crf: bool | None = None
    scheme: str | None = None
    dropout: float = 0.2
    elmo_dropout: float = 0.5
    word_embedding_dim: int | None = None
    word_vectors: str | None = None
    word_shape_dim: int | None = None
    source: str = "words"
    target: str = "words"
    attention: str = "luong"
    copy: bool = False
    decoder_units: int = 256
    label_smoothing: float = 0.0
    scheduled_sampling: float = 0.0
    epochs: int = 10
    patience: int = 3
    batch_size: int = 32
    fine_tune: str = "frozen"
    learning_rate: float | None = None
    elmo_learning_rate: float | None = None
    unfreezing: str | None = None
    schedule: str | None = None
    l2_sp: float | None = None
    bilm_dropout: float = 0.0
    bilm_weight_drop: float = 0.0
    max_forgetting: float | None = None
    class_weight: str | None = None
    seed: int = 13

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The run that a command's parameters describe; those of its output are left out."""
        names = [option.name for option in fields(cls) if option.name in options]
        return cls(**{name: _plain(options[name]) for name in names})

    def read(self) -> LabelledData:
        """Read the files and hold out what there is to develop on.

        Raises:
            DataError: the file and line of what cannot be used.
            ValueError: the data do not fit the options.
        """
        trained = self._trained()

        def read(path: str, kind: str | None) -> Dataset:
            how = self.text, self.label
            more = {"header": self.header, "skip_bad": self.skip_bad}
            if trained:
                return read_for(trained, path, self.file_format, *how, **more)
            return read_labelled(path, self.file_format, kind, *how, **more).in_scheme(self.scheme)

        rows = read(self.data, self.task)
        labels, held_out = self._classes(rows), None
        if self.dev:
            held_out = read(self.dev, rows.kind)
            # A trained task knows more labels; of sequences, new symbols are counted as wrong.
            if not trained and rows.kind != SEQ2SEQ:
                held_out.require(labels)
        elif self.dev_split:
            rows, held_out = rows.split(self.dev_split, self.seed)
        return LabelledData(rows, held_out, labels)

    def build(self, data: LabelledData) -> ElmoTask:
        """A new task on a newly loaded ELMo, all of it decided by the seed; or the trained one."""
        keras.utils.set_random_seed(self.seed)
        return self._trained() or build_task(
            data.rows,
            *self.load_elmo(),
            data.labels,
            pooling=self.pooling,
            ordinal=self.ordinal,
            cross_attention=self.cross_attention,
            crf=self.crf,
            mix=int(self.mix) if str(self.mix).isdigit() else self.mix,
            lstm_units=self.lstm_units,
            num_layers=self.num_layers,
            dropout=self.dropout,
            elmo_dropout=self.elmo_dropout,
            word_embedding_dim=self.word_embedding_dim,
            word_vectors=self._word_vectors(),
            word_shape_dim=self.word_shape_dim,
            source=self.source,
            sequences={name: getattr(self, name) for name in _SEQUENCES},
        )

    def check_start(self, said: Iterable[str]) -> None:
        """Refuse what would make another model of the one that this training starts from.

        Args:
            said: names of the options that were given, or are searched.
        """
        names = [*_MODEL.split(), *_SEQUENCES]
        if self.recipe().unfreezing == "frozen":  # else it says whose language model forgets
            names.append("preset")
        refused = [self._flag(name) for name in said if name in names]
        if self.start_from and refused:
            raise ValueError(
                f"a training that starts from {self.start_from} goes on with that model as it is. "
                f"Received beside it: {', '.join(refused)}. Leave that out, or train a new model."
            )

    def _trained(self) -> ElmoTask | None:
        """The task that this training goes on from, if any."""
        return load_task(self.start_from) if self.start_from else None

    def _word_vectors(self) -> WordVectors | str | None:
        """A file, or those of the ELMo's own language model; by default if it has one."""
        chosen, preset = self.word_vectors, self.preset or DEFAULT_PRESET
        by_words = self.source == WORDS  # else its words are hardly those of a text
        if chosen is None and by_words and not (self.weights or self.word_embedding_dim):
            chosen = OWN_VECTORS if has_language_model(preset) else NO_VECTORS
        if chosen in (None, NO_VECTORS):
            return None
        if chosen == OWN_VECTORS and self.weights:
            raise ValueError(
                f"--word-vectors {OWN_VECTORS} takes the vectors of a preset's language model. "
                f"Received: --weights {self.weights}, which hold none"
            )
        return load_word_vectors(preset) if chosen == OWN_VECTORS else chosen

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

    def load_elmo(self) -> tuple[ElmoBackbone, ElmoPreprocessor]:
        """The pretrained ELMo and what encodes for it."""
        chosen: dict[str, Any] = {"tokenizer": self.tokenizer} if self.tokenizer else {}
        inside: dict[str, Any] = {
            "dropout": self.bilm_dropout,
            "weight_drop": self.bilm_weight_drop,
        }
        inside = {name: rate for name, rate in inside.items() if rate}
        if self.weights and self.options:
            backbone = ElmoBackbone.from_published(self.weights, self.options, **inside)
            if backbone.vocabulary_size is not None:
                raise ValueError(
                    "an ELMo with word input needs its words beside it. Received: --weights "
                    f"{self.weights}. Make a preset of its folder with `keras-elmo convert`."
                )
            length = backbone.max_characters_per_token
            return backbone, ElmoPreprocessor(max_characters_per_token=length, **chosen)
        preset = self.preset or DEFAULT_PRESET
        preprocessor = ElmoPreprocessor.from_pretrained(preset, **chosen)
        return ElmoBackbone.from_pretrained(preset, **inside), preprocessor

    def recipe(self) -> Recipe:
        """The named recipe with what is said otherwise."""
        chosen = {name: getattr(self, name) for name in _RATES}
        given = {name: value for name, value in chosen.items() if value is not None}
        return replace(get_recipe(self.fine_tune), **given)

    def monitors(self, task: ElmoTask) -> list[ForgettingMonitor]:
        """What measures, and may bound, how much an ELMo that trains forgets."""
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

    def training(self) -> dict[str, Any]:
        """The arguments of `train_task` besides the task, the data and callbacks."""
        names = ("epochs", "patience", "batch_size", "class_weight", "seed")
        return {"recipe": self.recipe()} | {name: getattr(self, name) for name in names}

    def command(self, output: str) -> list[str]:
        """The command line that does this training."""
        data = f"./{self.data}" if self.data.startswith("-") else self.data  # no option
        words = ["keras-elmo", "train", data]
        for option in fields(self)[1:]:
            value = getattr(self, option.name)
            if value == option.default:
                continue
            words.append(self._flag(option.name))
            if option.name not in _SWITCHES:
                words.append(str(value))
        return [*words, "--output", output]

    def _flag(self, name: str) -> str:
        """The option of the command line that says what is said here."""
        if name in _SWITCHES:
            return _SWITCHES[name][not getattr(self, name)]
        return _FLAGS.get(name, f"--{name.replace('_', '-')}")


def option_types() -> dict[str, Any]:
    """Everything that can be said about a training besides its data: name → type."""
    return {option.name: option.type for option in fields(TrainingRun)[1:]}


def _plain(value: Any) -> Any:
    """Paths and choices as the strings they stand for."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(getattr(value, "value", None) or fspath(value))
