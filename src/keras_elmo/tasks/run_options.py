"""What can be said about a training: the options of `keras-elmo train`, without Keras."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from os import fspath
from typing import Any, Self

from keras_elmo.fine_tuning.recipes import Recipe, get_recipe

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
SEQUENCES = ("target", "attention", "copy", "decoder_units")
SEQUENCES += ("label_smoothing", "scheduled_sampling")
# What is said of tasks of some kinds only; each takes what it knows of it.
CHOICES = ("pooling", "ordinal", "cross_attention", "crf", "source", *SEQUENCES)
# What a trained model has of its own.
_MODEL = "task tokenizer weights options mix lstm_units num_layers pooling ordinal "
_MODEL += "cross_attention crf scheme dropout elmo_dropout word_embedding_dim word_vectors "
_MODEL += "word_shape_dim source bilm_dropout bilm_weight_drop"
_RATES = ("learning_rate", "elmo_learning_rate", "unfreezing", "schedule", "l2_sp")


@dataclass(frozen=True)
class RunOptions:
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

    def check_start(self, said: Iterable[str]) -> None:
        """Refuse what would make another model of the one that this training starts from.

        Args:
            said: names of the options that were given, or are searched.
        """
        names = [*_MODEL.split(), *SEQUENCES]
        if self.start_from and self.recipe().unfreezing == "frozen":
            names.append("preset")  # else it says whose language model forgets
        refused = [self._flag(name) for name in said if name in names]
        if self.start_from and refused:
            raise ValueError(
                f"a training that starts from {self.start_from} goes on with that model as it is. "
                f"Received beside it: {', '.join(refused)}. Leave that out, or train a new model."
            )

    def recipe(self) -> Recipe:
        """The named recipe with what is said otherwise."""
        chosen = {name: getattr(self, name) for name in _RATES}
        given = {name: value for name, value in chosen.items() if value is not None}
        return replace(get_recipe(self.fine_tune), **given)

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


def _plain(value: Any) -> Any:
    """Paths and choices as the strings they stand for."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(getattr(value, "value", None) or fspath(value))
