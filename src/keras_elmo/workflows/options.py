"""Every option of a training, said once: name, type, default, limits, help and panel.

The command line, the record of a run, its command, the checks of a search and the table in the
documentation are made of the fields of `TrainingOptions`. Imports no Keras, so that help is fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, partial
from itertools import chain
from os import PathLike, fspath
from typing import Annotated, Any, Self, get_type_hints

from keras_elmo import _values
from keras_elmo._values import (
    SEED,
    Align,
    ClassWeight,
    FileScheme,
    Format,
    Offsets,
    Pooling,
    RecipeName,
    Schedule,
    Scheme,
    Tokenizer,
    Unfreezing,
    Unit,
)
from keras_elmo.data.reading import Reading
from keras_elmo.workflows.option import Option, OptionFacts

# Panels of help. What a trained model has of its own is in MODEL and SEQUENCES.
DATA, MODEL, SEQUENCES, TRAINING = "Data", "Model", "Sequence to sequence", "Training"
_data = partial(Option, DATA, is_fixed=True)
_model, _training = partial(Option, MODEL), partial(Option, TRAINING)
_dropout = partial(Option, MODEL, min=0.0, max=0.95)
_sequences = partial(Option, SEQUENCES)
_elmo = partial(Option, TRAINING, needs_training_elmo=True)


def _kinds() -> list[str]:
    from keras_elmo.data.kinds import KINDS

    return list(KINDS)


def _metrics() -> list[str]:
    from keras_elmo.data.kinds import KINDS

    known = (kind.metrics + kind.span_metrics for kind in KINDS.values())
    return list(dict.fromkeys(chain.from_iterable(known)))


@dataclass(frozen=True)
class TrainingOptions:
    """What a training is told, by the names and with the defaults of `keras-elmo train`.

    Raises:
        ValueError: an option has a value that is not allowed.
    """

    data: Annotated[
        str,
        _data(
            "Labelled file: CSV, TSV, JSON, CoNLL, Parquet, SQuAD, of annotation tools; or hf://NAME."
        ),
    ]
    # === Data ===
    text: Annotated[
        str | None, _data("Column or key of the text: a name or a number; of pairs two, A,B.")
    ] = None
    label: Annotated[
        str | None, _data("Column or key of the label; several with commas between them.")
    ] = None
    file_format: Annotated[
        Format | None, _data("Format of the file, instead of what its name and content tell.")
    ] = Reading.file_format
    header: Annotated[
        bool | None,
        _data("Whether the first row holds names. By default it does if a column is named."),
    ] = Reading.header
    delimiter: Annotated[
        str | None, _data("Character between the fields of a table; else its first rows tell.")
    ] = Reading.delimiter
    quotes: Annotated[
        bool | None,
        _data("Whether fields of a table may stand in double quotes. By default they may."),
    ] = Reading.quotes
    sentence: Annotated[
        str | None, _data("Column that tells sentences apart, in a table with a token a row.")
    ] = Reading.sentence
    comment: Annotated[
        str | None, _data("What lines begin with that are passed over in columns of tokens.")
    ] = Reading.comment
    encoding: Annotated[
        str | None, _data("Encoding, such as cp1252; else UTF-8, or UTF-16 by its mark.")
    ] = Reading.encoding
    label_separator: Annotated[
        str | None, _data("What stands between several labels in one cell.")
    ] = Reading.label_separator
    file_scheme: Annotated[
        FileScheme | None,
        _data("Scheme that the tags in the file must be in; none takes them as plain classes."),
    ] = Reading.file_scheme
    align: Annotated[
        Align, _data("What becomes of an annotated span that does not end where a token does.")
    ] = Reading.align
    offsets: Annotated[
        Offsets | None, _data("What the places of annotated spans count, where it matters.")
    ] = Reading.offsets
    skip_bad: Annotated[
        bool, _data("Leave out rows that cannot be used, and write them to skipped.jsonl.")
    ] = Reading.skip_bad
    task: Annotated[
        str | None,
        _model(
            "What is predicted, instead of what the data tell: classification, multi-label, "
            "tagging, seq2seq, qa, joint, pair, regression or pair-regression.",
            complete=_kinds,
            is_fixed=True,
        ),
    ] = None
    dev: Annotated[str | None, _data("Development set, written as the data are.")] = None
    dev_split: Annotated[
        float,
        _data(
            "Share of the data to hold out as the development set, where none is given.",
            min=0.0,
            max=0.9,
        ),
    ] = 0.1
    # === Model ===
    tokenizer: Annotated[
        Tokenizer | None,
        _model("How a text becomes words, instead of as the preset does it.", is_fixed=True),
    ] = None
    start_from: Annotated[
        str | None, _training("Folder of a trained model to go on with, as it is.", is_fixed=True)
    ] = None
    preset: Annotated[
        str | None, _model("Preset of the ELMo: a name, or a folder.", is_fixed=True)
    ] = None
    weights: Annotated[
        str | None,
        _model(
            "Published weights (HDF5) of an ELMo, instead of a preset.", is_file=True, is_fixed=True
        ),
    ] = None
    options: Annotated[
        str | None, _model("Options (JSON) of these weights.", is_file=True, is_fixed=True)
    ] = None
    mix: Annotated[
        str | int, _model("Mix of ELMo's layers: scalar, concat, mean, top, or a layer's number.")
    ] = "scalar"
    mix_layer_norm: Annotated[
        bool, _model("Normalise each of ELMo's layers before a scalar mix.")
    ] = False
    mix_at_output: Annotated[
        bool, _model("Put a second mix of ELMo's layers beside the output of the BiLSTM.")
    ] = False
    lstm_units: Annotated[int, _model("Units per direction of the BiLSTM.", min=1)] = 128
    num_layers: Annotated[int, _model("Number of BiLSTM layers.", min=0)] = 1
    pooling: Annotated[Pooling, _model("How the words of a text become one vector.")] = "max"
    ordinal: Annotated[bool, _model("The classes have an order, such as 1 to 5.")] = False
    cross_attention: Annotated[bool, _model("Each text of a pair attends to the other.")] = False
    crf: Annotated[
        bool | None, _model("Score sequences of tags. By default it does where they mark spans.")
    ] = None
    scheme: Annotated[
        Scheme | None,
        _model("Scheme that tags of spans are trained in. By default BIOES, or BIO of many types."),
    ] = None
    dropout: Annotated[float, _dropout("Dropout before and behind the BiLSTM.")] = 0.2
    locked_dropout: Annotated[
        bool, _model("Let that dropout leave out the same features of all words of a text.")
    ] = False
    recurrent_dropout: Annotated[
        float, _dropout("Dropout of the BiLSTM's state, the same features at all words of a text.")
    ] = 0.25
    elmo_dropout: Annotated[float, _dropout("Dropout of ELMo's mixed vectors.")] = 0.2
    elmo_dropout_before: Annotated[
        float, _dropout("Dropout of ELMo's layers, before they are mixed.")
    ] = 0.0
    word_embedding_dim: Annotated[
        int | None, _model("Size of random word vectors beside ELMo.", min=1)
    ] = None
    word_vectors: Annotated[
        str | None,
        _model(
            "Word vectors beside ELMo: a file of GloVe, word2vec or fastText, none, or elmo for "
            "those of its language model. By default they are these, if it has one."
        ),
    ] = None
    word_embedding_dropout: Annotated[float, _dropout("Dropout of word vectors beside ELMo.")] = 0.0
    word_shape_dim: Annotated[
        int | None,
        _model(
            "Size of vectors of the words' shapes beside ELMo; 0 is none. By default 16 for tags.",
            min=0,
        ),
    ] = None
    bilm_dropout: Annotated[
        float, _dropout("Dropout of the inputs of ELMo's LSTMs.", needs_training_elmo=True)
    ] = 0.0
    bilm_weight_drop: Annotated[
        float,
        _dropout("Dropout of the recurrent weights of ELMo's LSTMs.", needs_training_elmo=True),
    ] = 0.0
    # === Sequence to sequence ===
    source: Annotated[Unit, _sequences("What the encoder reads; ELMo reads words in any case.")] = (
        "words"
    )
    target: Annotated[Unit, _sequences("What the decoder writes.")] = "words"
    attention: Annotated[_values.Attention, _sequences("How the decoder looks at its source.")] = (
        "luong"
    )
    copy: Annotated[bool, _sequences("Let the decoder copy from its source, too.")] = False
    decoder_units: Annotated[int, _sequences("Units of the decoder's LSTM.", min=1)] = 256
    symbol_dim: Annotated[int, _sequences("Size of the vector of a written symbol.", min=1)] = 128
    character_dim: Annotated[
        int, _sequences("Size of the vector of a character that is read.", min=1)
    ] = 64
    label_smoothing: Annotated[
        float, _sequences("Share that all other symbols have of a target.", min=0.0, max=0.95)
    ] = 0.0
    scheduled_sampling: Annotated[
        float,
        _sequences(
            "Share of its own symbols that the decoder learns to go on from.", min=0.0, max=1.0
        ),
    ] = 0.0
    # === Training ===
    epochs: Annotated[
        int | None,
        _training(
            "Number of epochs at most. By default 10, and more where the data are small.",
            min=1,
            is_fixed=True,
        ),
    ] = None
    steps: Annotated[
        int | None, _training("Number of batches at most, of all epochs.", min=1, is_fixed=True)
    ] = None
    patience: Annotated[
        int | None,
        _training(
            "Epochs without a better one after which the next stage begins, or the training ends. "
            "By default 3, and more where the data are small.",
            min=1,
            is_fixed=True,
        ),
    ] = None
    average: Annotated[
        int,
        _training("Number of last epochs whose weights are averaged, measured and kept.", min=1),
    ] = 1
    metric: Annotated[
        str | None,
        _training(
            "Measure of the development set that chooses the best epoch, of those that the task "
            "has: accuracy, macro_f1, f1, loss, mae, rmse, spearman, exact_match and others.",
            is_fixed=True,
            complete=_metrics,
        ),
    ] = None
    batch_size: Annotated[int, _training("Number of sentences of a batch.", min=1)] = 32
    fine_tune: Annotated[
        RecipeName,
        _training("Recipe: it leaves ELMo as it is, or trains it a little, or all of it."),
    ] = "frozen"
    learning_rate: Annotated[
        float | None, _training("Learning rate of the head, instead of the recipe's.", min=0.0)
    ] = None
    elmo_learning_rate: Annotated[
        float | None, _elmo("Learning rate of ELMo's top layer, instead of the recipe's.", min=0.0)
    ] = None
    elmo_rate_decay: Annotated[
        float | None,
        _elmo(
            "Rate of each of ELMo's layers as a share of the one's above, instead of the recipe's.",
            min=0.0,
            max=1.0,
        ),
    ] = None
    unfreezing: Annotated[
        Unfreezing | None, _elmo("When which of ELMo's layers train, instead of as in the recipe.")
    ] = None
    schedule: Annotated[
        Schedule | None, _training("How all rates change, instead of as in the recipe.")
    ] = None
    weight_decay: Annotated[
        float | None,
        _training("Weight decay of all that trains (AdamW), instead of the recipe's.", min=0.0),
    ] = None
    l2_sp: Annotated[
        float | None,
        _elmo(
            "Strength of the pull towards the pretrained ELMo, instead of the recipe's.", min=0.0
        ),
    ] = None
    max_forgetting: Annotated[
        float | None,
        _training(
            "How much ELMo's perplexity may rise at most: 0.05 is 5 %.", min=0.0, is_fixed=True
        ),
    ] = None
    class_weight: Annotated[ClassWeight | None, _training("Give rare classes more weight.")] = None
    seed: Annotated[int, _training("Seed of everything random.", min=0, is_fixed=True)] = SEED

    def __post_init__(self) -> None:
        for option in training_options().values():
            option.check(getattr(self, option.name))

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The run that a command's parameters describe; those of its output are left out."""
        given = {name: options[name] for name in training_options() if name in options}
        return cls(
            **{name: fspath(x) if isinstance(x, PathLike) else x for name, x in given.items()}
        )

    def command(self, output: str) -> list[str]:
        """The command line that does this training."""
        data = f"./{self.data}" if self.data.startswith("-") else self.data  # no option
        words = ["keras-elmo", "train", data]
        for option in list(training_options().values())[1:]:
            value = getattr(self, option.name)
            if value == option.default:
                continue
            words.append(option.flag(value))
            if not isinstance(value, bool):
                words.append(str(value))
        return [*words, "--output", output]


@cache
def training_options() -> dict[str, OptionFacts]:
    """All options of a training by their names, the data first."""
    hints = get_type_hints(TrainingOptions, include_extras=True)
    return {
        field.name: OptionFacts.of(field.name, hints[field.name], field.default)
        for field in fields(TrainingOptions)
    }
