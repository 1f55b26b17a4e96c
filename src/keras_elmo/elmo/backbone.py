"""ELMo as a functional Keras model: ids in, all layers of every token out."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras

from keras_elmo.elmo.cloning import refuse_to_clone
from keras_elmo.elmo.encoder import build_encoder
from keras_elmo.elmo.parts import set_trainable_parts, trainable_parts
from keras_elmo.elmo.pretrained_model import PretrainedModel
from keras_elmo.elmo.variables import (
    is_loaded_by_keras,
    join_groups,
    without_values,
)
from keras_elmo.elmo.word_layer import build_word_layer, default_boundaries
from keras_elmo.layers.boundaries import AddBoundaries, RemoveBoundaries
from keras_elmo.layers.char_cnn import NUM_CHARACTERS
from keras_elmo.layers.policy import dtype_scope
from keras_elmo.layers.torch_state import as_torch_module

ORIGINAL_FILTERS = ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024))


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoBackbone(PretrainedModel):
    """ELMo (Peters et al. 2018): character CNN, then a biLM, in native Keras layers.

    The defaults are the shape of the original published model. Sentence boundaries are added and
    removed inside, so ids and features have the same number of tokens. A sentence gives the same
    numbers alone and in a padded batch.

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
        dtype: a Keras dtype policy; None is the global one.
        trainable: whether it trains.
        trainable_parts: parts that train, or do not, unlike the rest, by the names of their layers:
            `{"char_cnn": False, "bilm/forward_0": False, "bilm/backward_0": False}`.

    Call arguments (a dict):
        character_ids: int32 `(batch, tokens, max_characters_per_token)`, 0 where padded; or, for a
            word-input model, token_ids: int32 `(batch, tokens)`. With a `word_dim` the word's id
            stands before its characters.
        padding_mask: bool `(batch, tokens)`, True at real tokens, padding on the right.

    Returns:
        float `(batch, tokens, num_layers + 1, 2 * projection_dim)`, zero where padded. Layer 0 is
        the word vector twice, layer `l` is `[forward_l, backward_l]`.

    Example:
        ```python
        backbone = keras_elmo.ElmoBackbone.from_preset("elmo_mini_en")
        preprocessor = keras_elmo.ElmoPreprocessor.from_preset("elmo_mini_en")
        features = backbone(preprocessor(["Profit rose sharply ."]))  # (1, 4, 3, 256)
        ```
    """

    def __init__(
        self,
        *,
        projection_dim: int = 512,
        units: int = 4096,
        num_layers: int = 2,
        max_characters_per_token: int = 50,
        char_embedding_dim: int = 16,
        char_filters: Sequence[Sequence[int]] = ORIGINAL_FILTERS,
        num_highways: int = 2,
        activation: str = "relu",
        vocabulary_size: int | None = None,
        word_dim: int | None = None,
        num_characters: int = NUM_CHARACTERS,
        boundaries: Sequence[Sequence[int]] | None = None,
        cell_clip: float | None = 3.0,
        projection_clip: float | None = 3.0,
        forget_bias: float = 1.0,
        use_skip_connections: bool = True,
        lstm_projection: bool = True,
        dropout: float = 0.0,
        weight_drop: float = 0.0,
        encoder: str = "bilm",
        keep_boundaries: bool = False,
        stateful: bool = False,
        batch_size: int | None = None,
        dtype: Any = None,
        trainable: bool = True,
        trainable_parts: Mapping[str, bool] | None = None,
        **kwargs,
    ):
        if stateful != (batch_size is not None):
            raise ValueError(
                "`stateful=True` and a fixed `batch_size` go together: the state belongs to the "
                f"rows of a batch. Received: stateful={stateful}, batch_size={batch_size}"
            )
        # === Layers ===
        word_layer = build_word_layer(
            vocabulary_size=vocabulary_size,
            word_dim=word_dim,
            projection_dim=projection_dim,
            dtype=dtype,
            num_characters=num_characters,
            char_embedding_dim=char_embedding_dim,
            char_filters=char_filters,
            num_highways=num_highways,
            activation=activation,
        )
        bilm = build_encoder(
            encoder,
            projection_dim=projection_dim,
            units=units,
            num_layers=num_layers,
            dropout=dropout,
            stateful=stateful,
            dtype=dtype,
            bilm={
                "cell_clip": cell_clip,
                "projection_clip": projection_clip,
                "use_skip_connections": use_skip_connections,
                "lstm_projection": lstm_projection,
                "forget_bias": forget_bias,
                "weight_drop": weight_drop,
            },
        )

        # === Functional model ===
        ids_name, ids_shape = "token_ids", (None,)
        if vocabulary_size is None or word_dim is not None:
            width = max_characters_per_token + (word_dim is not None)  # the word's id comes first
            ids_name, ids_shape = "character_ids", (None, width)
        ids = keras.Input(ids_shape, batch_size, dtype="int32", name=ids_name)
        padding_mask = keras.Input((None,), batch_size, dtype="bool", name="padding_mask")
        marks = boundaries or default_boundaries(vocabulary_size, max_characters_per_token)
        x, mask = AddBoundaries(*marks, dtype=dtype, name="add_boundaries")(ids, padding_mask)
        features = bilm(word_layer(x), mask=mask)  # (batch, tokens + 2, layers, 2P)
        if not keep_boundaries:
            remove = RemoveBoundaries(dtype=dtype, name="remove_boundaries")
            features = remove(features, padding_mask)
        inputs = {ids_name: ids, "padding_mask": padding_mask}
        with dtype_scope(dtype):
            super().__init__(inputs=inputs, outputs=features, **kwargs)

        join_groups(self)

        # === Config ===
        self.word_layer = word_layer
        self.bilm = bilm
        self.projection_dim = projection_dim
        self.units = units
        self.num_layers = num_layers
        self.max_characters_per_token = max_characters_per_token
        self.char_embedding_dim = char_embedding_dim
        self.char_filters = [list(pair) for pair in char_filters]
        self.num_highways = num_highways
        self.activation = activation
        self.vocabulary_size = vocabulary_size
        self.word_dim = word_dim
        self.num_characters = num_characters
        self.boundaries = boundaries and [list(ids) for ids in boundaries]
        self.cell_clip = cell_clip
        self.projection_clip = projection_clip
        self.forget_bias = forget_bias
        self.use_skip_connections = use_skip_connections
        self.lstm_projection = lstm_projection
        self.dropout = dropout
        self.weight_drop = weight_drop
        self.encoder = encoder
        self.keep_boundaries = keep_boundaries
        self.stateful = stateful
        self.batch_size = batch_size
        # Not by the constructor of `keras.Model`: there it would not reach the layers' variables.
        self.trainable = trainable
        set_trainable_parts(self, trainable_parts)
        as_torch_module(self)

    def get_config(self):
        names = (
            "projection_dim units num_layers max_characters_per_token char_embedding_dim "
            "char_filters num_highways activation vocabulary_size word_dim num_characters "
            "boundaries cell_clip projection_clip forget_bias use_skip_connections "
            "lstm_projection dropout weight_drop encoder keep_boundaries stateful batch_size"
        )
        config = {name: getattr(self, name) for name in names.split()}
        policy = self.bilm.dtype_policy.name
        config |= {"dtype": policy, "name": self.name, "trainable": self.trainable}
        if parts := trainable_parts(self, trainable=self.trainable):
            config["trainable_parts"] = parts
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        def build() -> Self:
            return super(ElmoBackbone, cls).from_config(config, custom_objects)

        return without_values(build) if is_loaded_by_keras() else build()

    def _run_through_graph(self, *arguments, **options):
        refuse_to_clone(self, options)
        return super()._run_through_graph(*arguments, **options)

    @property
    def num_feature_layers(self) -> int:
        """Layers of the features."""
        return self.num_layers + 1 if self.encoder == "bilm" else 1

    def reset_state(self) -> None:
        """Start the next batch from zero (only a `stateful` backbone keeps a state)."""
        self.bilm.reset_state()
