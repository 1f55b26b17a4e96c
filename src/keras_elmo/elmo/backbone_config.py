"""The sizes, clips and rates of an ELMo."""

from collections.abc import Sequence
from dataclasses import dataclass

from keras_elmo._values import NUM_CHARACTERS
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID

ORIGINAL_FILTERS = ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024))


@dataclass(frozen=True)
class BackboneConfig:
    """What an [`ElmoBackbone`][keras_elmo.elmo.backbone.ElmoBackbone] is made of.

    The defaults are the shape of the original published model.

    Args:
        projection_dim: size of a word vector and of each direction; features have twice as many.
        units: cells of each LSTM.
        num_layers: LSTM layers per direction.
        max_characters_per_token, char_embedding_dim, char_filters, num_highways, activation: the
            character CNN, see [`CharacterCNN`][keras_elmo.layers.char_cnn.CharacterCNN].
        vocabulary_size: number of words of a word-input model (marks included); such a model has
            no character CNN.
        word_dim: size of a word's own vector in a model that has both.
        num_characters, boundaries: of a model with other characters than bytes (see
            [`UnicodeCharacterEncoder`][keras_elmo.text.unicode_characters]): rows of its table, and
            the ids that stand for `<S>` and `</S>`.
        cell_clip, projection_clip, forget_bias, use_skip_connections, lstm_projection, dropout,
            weight_drop: the biLM, see [`BiLM`][keras_elmo.layers.bilm.BiLM].
        encoder: `"bilm"`, or `"bilstm"` for the
            [`StackedBiLSTM`][keras_elmo.layers.stacked_bilstm.StackedBiLSTM] that some models of
            ELMoForManyLangs have in its place: one layer of features, no clips, no language model.
        keep_boundaries: leave `<S>` and `</S>` in the features, which then have two more steps.
        stateful: carry the LSTM states from batch to batch, row by row, as the published vectors
            do. The default starts every sentence from zero. Needs `batch_size`.
        batch_size: fixed number of rows, for `stateful` only.

    Raises:
        ValueError: arguments that do not go together.
    """

    projection_dim: int = 512
    units: int = 4096
    num_layers: int = 2
    max_characters_per_token: int = 50
    char_embedding_dim: int = 16
    char_filters: Sequence[Sequence[int]] = ORIGINAL_FILTERS
    num_highways: int = 2
    activation: str = "relu"
    vocabulary_size: int | None = None
    word_dim: int | None = None
    num_characters: int = NUM_CHARACTERS
    boundaries: Sequence[Sequence[int]] | None = None
    cell_clip: float | None = 3.0
    projection_clip: float | None = 3.0
    forget_bias: float = 1.0
    use_skip_connections: bool = True
    lstm_projection: bool = True
    dropout: float = 0.0
    weight_drop: float = 0.0
    encoder: str = "bilm"
    keep_boundaries: bool = False
    stateful: bool = False
    batch_size: int | None = None

    def __post_init__(self) -> None:
        # Lists, as JSON gives them: what is read is what was written.
        object.__setattr__(self, "char_filters", [list(pair) for pair in self.char_filters])
        boundaries = self.boundaries and [list(ids) for ids in self.boundaries]
        object.__setattr__(self, "boundaries", boundaries)
        if self.stateful != (self.batch_size is not None):
            raise ValueError(
                "`stateful=True` and a fixed `batch_size` go together: the state belongs to the "
                f"rows of a batch. Received: stateful={self.stateful}, batch_size={self.batch_size}"
            )
        if self.word_dim is not None and self.vocabulary_size is None:
            raise ValueError(
                "`word_dim` is the size of the vectors of a vocabulary's words. Received: "
                f"word_dim={self.word_dim}, vocabulary_size=None. Give its size as well."
            )
        if self.encoder not in ("bilm", "bilstm") or (self.stateful and not self.has_bilm):
            raise ValueError(
                "`encoder` must be 'bilm', or 'bilstm', which cannot be stateful. Received: "
                f"encoder={self.encoder!r}, stateful={self.stateful}"
            )

    @property
    def has_bilm(self) -> bool:
        """Whether the two directions are apart, layer by layer."""
        return self.encoder == "bilm"

    @property
    def reads_words_alone(self) -> bool:
        """Whether a word is its number in the vocabulary, and not its characters."""
        return self.vocabulary_size is not None and self.word_dim is None

    @property
    def feature_shape(self) -> tuple[int, int]:
        """Layers and size of a word's features."""
        return (self.num_layers + 1 if self.has_bilm else 1), 2 * self.projection_dim

    @property
    def id_shape(self) -> tuple[int | None, ...]:
        """Shape of a sentence's ids; with a `word_dim` a word's id stands before its characters."""
        if self.reads_words_alone:
            return (None,)
        return (None, self.max_characters_per_token + (self.word_dim is not None))

    def boundary_ids(self) -> Sequence[Sequence[int] | int]:
        """The ids of `<S>` and `</S>`."""
        if self.boundaries:
            return self.boundaries
        if self.vocabulary_size is not None:
            return BOS_ID, EOS_ID
        encoder = CharacterEncoder(self.max_characters_per_token)
        return encoder.bos.tolist(), encoder.eos.tolist()
