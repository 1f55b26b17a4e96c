"""ELMo as a functional Keras model: ids in, all layers of every token out."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

import keras

from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.elmo.cloning import refuse_to_clone
from keras_elmo.elmo.config import fields_for, take_config
from keras_elmo.elmo.parts import set_trainable_parts, trainable_parts
from keras_elmo.elmo.pretrained_model import PretrainedModel
from keras_elmo.elmo.variables import is_loaded_by_keras, join_groups, without_values
from keras_elmo.layers.bilm import BiLM
from keras_elmo.layers.boundaries import AddBoundaries, RemoveBoundaries
from keras_elmo.layers.char_cnn import CharacterCNN
from keras_elmo.layers.policy import dtype_scope
from keras_elmo.layers.stacked_bilstm import StackedBiLSTM
from keras_elmo.layers.torch_state import as_torch_module
from keras_elmo.layers.words_and_characters import WordsAndCharacters


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoBackbone(PretrainedModel):
    """ELMo (Peters et al. 2018): character CNN, then a biLM, in native Keras layers.

    Sentence boundaries are added and removed inside, so ids and features have the same number of
    tokens. A sentence gives the same numbers alone and in a padded batch.

    Args:
        dtype: a Keras dtype policy; None is the global one.
        trainable: whether it trains.
        trainable_parts: parts that train, or do not, unlike the rest, by the names of their layers:
            `{"char_cnn": False, "bilm/forward_0": False, "bilm/backward_0": False}`.
        kwargs: its sizes, clips and rates: the fields of
            [`BackboneConfig`][keras_elmo.elmo.backbone_config.BackboneConfig]. The defaults are the
            shape of the original published model.

    Attributes:
        config: these fields, as a `BackboneConfig`.
        word_layer: turns a word's ids into its vector.
        bilm: reads the words' vectors.

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
        dtype: Any = None,
        trainable: bool = True,
        trainable_parts: Mapping[str, bool] | None = None,
        **kwargs,
    ):
        self.config = config = take_config(BackboneConfig, kwargs)
        if unknown := sorted(kwargs.keys() - {"name"}):  # Keras would not say a word
            known = ", ".join(asdict(config))
            raise TypeError(f"ElmoBackbone has no argument `{unknown[0]}`. It takes {known}.")
        # === Layers ===
        words = _word_layer(config, dtype)
        bilm = _recurrent_layer(config, dtype)

        # === Functional model ===
        ids_name = "token_ids" if config.reads_words_alone else "character_ids"
        ids = keras.Input(config.id_shape, config.batch_size, dtype="int32", name=ids_name)
        padding_mask = keras.Input((None,), config.batch_size, dtype="bool", name="padding_mask")
        add_boundaries = AddBoundaries(*config.boundary_ids(), dtype=dtype, name="add_boundaries")
        x, mask = add_boundaries(ids, padding_mask)
        features = bilm(words(x), mask=mask)  # (batch, tokens + 2, layers, 2P)
        if not config.keep_boundaries:
            remove = RemoveBoundaries(dtype=dtype, name="remove_boundaries")
            features = remove(features, padding_mask)
        inputs = {ids_name: ids, "padding_mask": padding_mask}
        with dtype_scope(dtype):
            super().__init__(inputs=inputs, outputs=features, **kwargs)

        join_groups(self)

        # === Config ===
        self.word_layer = words
        self.bilm = bilm
        # Not by the constructor of `keras.Model`: there it would not reach the layers' variables.
        self.trainable = trainable
        set_trainable_parts(self, trainable_parts)
        as_torch_module(self)

    def get_config(self):
        config = asdict(self.config)
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

    def reset_state(self) -> None:
        """Start the next batch from zero (only a `stateful` backbone keeps a state)."""
        self.bilm.reset_state()


def _word_layer(config: BackboneConfig, dtype: Any) -> keras.layers.Layer:
    """What turns a word's ids into its vector: of its characters, its number, or both."""
    size, words = config.projection_dim, config.vocabulary_size
    if config.reads_words_alone and words is not None:
        return keras.layers.Embedding(words + 1, size, dtype=dtype, name="word_embedding")
    fields = fields_for(CharacterCNN.__init__, config)
    cnn = CharacterCNN(**fields, dtype=dtype, name="char_cnn")
    if words is None or config.word_dim is None:
        return cnn
    return WordsAndCharacters(words, config.word_dim, cnn, dtype=dtype, name="words_and_characters")


def _recurrent_layer(config: BackboneConfig, dtype: Any) -> BiLM | StackedBiLSTM:
    """What reads the words' vectors; variables of either kind are found under the name `bilm`."""
    kind = BiLM if config.has_bilm else StackedBiLSTM
    return kind(**fields_for(kind.__init__, config), dtype=dtype, name="bilm")
