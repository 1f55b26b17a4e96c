"""What every task puts on ELMo: a mix of its layers, other word vectors, BiLSTM layers."""

from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass
from typing import Any

import keras

from keras_elmo.batching.pair_batches import MASK
from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.layer_mix import LayerMix
from keras_elmo.layers.word_table import WordTable
from keras_elmo.text.word_shapes import SHAPES


@dataclass(frozen=True)
class EncoderConfig:
    """What stands between ELMo and the output layers of a task.

    Args:
        mix: `"concat"`, `"mean"`, `"top"`, the number of a layer, or the learned `"scalar"`.
        mix_layer_norm: layer norm over the whole batch before a `"scalar"` mix.
        elmo_dropout_before, elmo_dropout: dropout rates before and after the mix.
        mix_at_output: put a second mix beside the output of the BiLSTM (Peters et al. 2018, §3.3).
        word_embedding_dim: size of a word vector beside ELMo ([x; ELMo]), which trains where its
            word does; needs a preprocessor with a `word_vocabulary`. See `set_word_vectors`.
        word_embedding_dropout: dropout rate of those vectors alone, so that the head leans on ELMo
            too.
        new_words: so many more words have a vector: `fit` adds the most frequent words that the
            vocabulary lacks to it (`preprocessor` is then another one).
        word_shape_dim: size of a vector of each word's shape; needs a preprocessor with
            `word_shapes=True`.
        lstm_units: units per direction; a list gives each BiLSTM layer its own number.
        dropout: dropout rate before each BiLSTM layer and behind the last.
        locked_dropout: that dropout leaves out the same features of all words of a text.
        recurrent_dropout: dropout rate of the recurrent state of the BiLSTM layers, the same
            features at all steps (Gal & Ghahramani 2016: with `locked_dropout`).
        num_layers: number of BiLSTM layers where `lstm_units` is one number.
    """

    mix: str | int = "scalar"
    mix_layer_norm: bool = False
    elmo_dropout_before: float = 0.0
    elmo_dropout: float = 0.2
    mix_at_output: bool = False
    word_embedding_dim: int | None = None
    word_embedding_dropout: float = 0.0
    new_words: int = 0
    word_shape_dim: int | None = None
    lstm_units: int | Sequence[int] = 128
    dropout: float = 0.2
    locked_dropout: bool = False
    recurrent_dropout: float = 0.25
    num_layers: InitVar[int] = 1

    def __post_init__(self, num_layers: int) -> None:
        one = isinstance(self.lstm_units, int)
        object.__setattr__(self, "lstm_units", self.units * (num_layers if one else 1))

    @property
    def units(self) -> list[int]:
        """Units per direction of each BiLSTM layer."""
        units = self.lstm_units
        return [units] if isinstance(units, int) else list(units)


class TextEncoder:
    """Reads texts on ELMo's features: mix → [x; ELMo] → BiLSTM layers → [BiLSTM; ELMo].

    Each layer is made where the first text needs it, and reads all later texts alike.

    Args:
        config: sizes and rates of the layers.
        word_table: looks up word vectors beside ELMo's, or None.
    """

    def __init__(self, config: EncoderConfig, word_table: WordTable | None = None):
        self.config = config
        self._word_table = word_table
        self._layers: dict[str, keras.Layer] = {}

    def __call__(self, inputs: dict[str, Any], features: Any, prefix: str = "") -> Any:
        """The float `(batch, tokens, features)` of a text.

        Args:
            inputs: tensors by name, `prefix` before them; those of the word tables are added.
            features: ELMo's float `(batch, tokens, layers, 2P)`.
            prefix: stands before the names of this text's inputs.
        """
        x = self.words(inputs, features, prefix)
        return self.contextual(x, features, inputs[prefix + MASK])

    def words(self, inputs: dict[str, Any], features: Any, prefix: str = "") -> Any:
        """The vector of each word, float `(batch, tokens, features)`: what the BiLSTM reads."""
        config = self.config
        x = self._mix("elmo_mix", features, inputs[prefix + MASK])
        if self._word_table:
            words = self._word_table(_ids(inputs, f"{prefix}word_ids"))
            drop = self._layer("word_dropout", keras.layers.Dropout, config.word_embedding_dropout)
            x = self._layer("words_and_elmo", keras.layers.Concatenate)([drop(words), x])
        if size := config.word_shape_dim:
            ids = _ids(inputs, f"{prefix}word_shapes")
            table = self._layer("word_shape_vectors", keras.layers.Embedding, len(SHAPES) + 1, size)
            x = self._layer("shapes_and_elmo", keras.layers.Concatenate)([table(ids), x])
        return x

    def contextual(self, x: Any, features: Any, mask: Any) -> Any:
        """What the BiLSTM layers make of vectors, float `(batch, steps, features)`."""
        config = self.config
        for i, units in enumerate(config.units):
            x = self._drop(f"dropout_{i}", x)
            drop = {"recurrent_dropout": config.recurrent_dropout}
            x = self._layer(f"bilstm_{i}", BiLSTM, units, **drop)(x, mask=mask)
        if config.mix_at_output:
            again = self._mix("output_mix", features, mask)
            x = self._layer("bilstm_and_elmo", keras.layers.Concatenate)([x, again])
        return self._drop("dropout", x)

    def _drop(self, name: str, x: Any) -> Any:
        config = self.config
        kind = keras.layers.SpatialDropout1D if config.locked_dropout else keras.layers.Dropout
        return self._layer(name, kind, config.dropout)(x)

    def _mix(self, name: str, features: Any, mask: Any) -> Any:
        config = self.config
        mix = self._layer(
            name,
            LayerMix,
            config.mix,
            mix_layer_norm=config.mix_layer_norm,
            dropout_before=config.elmo_dropout_before,
            dropout_after=config.elmo_dropout,
        )
        return mix(features, mask=mask)

    def _layer(self, name: str, kind: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The layer of a name, made at its first use."""
        if name not in self._layers:
            self._layers[name] = kind(*args, name=name, **kwargs)
        return self._layers[name]


def _ids(inputs: dict[str, Any], name: str) -> Any:
    """A new input, int32 `(batch, tokens)`."""
    inputs[name] = keras.Input((None,), dtype="int32", name=name)
    return inputs[name]
