"""ELMo as one Keras layer, to put into any model."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import keras
from keras import ops

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.embedding_inputs import as_tensor, fixed_length, input_kind
from keras_elmo.elmo.parts import set_trainable_parts, trainable_parts
from keras_elmo.elmo.string_ids import StringsToCharacterIds
from keras_elmo.layers.layer_mix import LayerMix, with_new_names
from keras_elmo.layers.torch_state import as_torch_module

# The layers that each backbone is part of.
_LAYERS: WeakKeyDictionary[ElmoBackbone, WeakSet] = WeakKeyDictionary()


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoEmbedding(keras.layers.Layer):
    """The place of an `Embedding` layer, with ELMo in it.

    Takes sentences or tokens as strings (TensorFlow only), or character ids on every backend, and
    sends a padding mask to the layers behind it. The saved model holds everything: loading it needs
    neither the preset nor the published files.

    Of what kind an input is, its shape says, as it was declared:

    | `keras.Input` | holds |
    |---|---|
    | `((), dtype="string")` or `((1,), dtype="string")` | a sentence, split on spaces inside |
    | `((None,), dtype="string")` | tokens, taken as they are; `""` behind the last, or ragged |
    | `((None, 50), dtype="int32")` | character ids, as `ElmoPreprocessor` gives them |

    Keras itself takes strings for `fit` and `predict` as tensors: `tf.constant(texts)`, or
    `tf.ragged.constant(tokens)`.

    Several layers may be made of one `ElmoBackbone`. They share its weights, which train in all of
    them or in none, and still do after the model was saved and loaded.

    Args:
        preset: a name or path of an ELMo, of any format that reads the bytes of words, or an
            `ElmoBackbone`.
        mix: `"concat"`, `"mean"`, `"top"`, the number of a layer or the learned `"scalar"`; or a
            list of them, for several independent mixes of one ELMo.
        trainable: train ELMo itself. A `"scalar"` mix always learns its weights. Give ELMo its own
            smaller learning rate with `keras_elmo.discriminative_learning_rates`. Parts of a
            backbone that are frozen already stay frozen.
        mix_layer_norm, dropout_before, dropout_after: see
            [`LayerMix`][keras_elmo.layers.layer_mix.LayerMix].
        length: cut or pad every sentence to so many words, for targets of a fixed length. None is
            the longest sentence of the batch.
        trainable_parts: parts of the layer that do not train, by name, such as
            `{"elmo_mix": False}`; `""` is the layer itself. A backbone has its own.

    Raises:
        ValueError: an ELMo that reads no bytes, or one that is part of another layer with another
            `trainable`.

    Call arguments:
        inputs: string `(batch,)` or `(batch, 1)`, sentences; string `(batch, words)`, tokens, or a
            ragged tensor of them; or int `(batch, words, max_characters_per_token)`, 0 where
            padded, padding on the right. Outside of a model, lists of strings too.

    Returns:
        float `(batch, words, features)`; a list of them for a list of mixes. `features` is
        `2 * projection_dim`, times the number of layers for `"concat"`. Zero where padded, unless
        normalised. `words` is `length`, if there is one.

    Raises:
        ValueError: an ELMo that reads no bytes, `length` below 1; in calls another shape or dtype.

    Example:
        ```python
        model = keras.Sequential([
            keras.Input((), dtype="string"),
            keras_elmo.ElmoEmbedding("elmo_mini_en", mix="concat"),
            keras.layers.Bidirectional(keras.layers.LSTM(64)),
            keras.layers.Dense(1, "sigmoid"),
        ])
        ```
    """

    def __init__(
        self,
        preset: str | PathLike[str] | ElmoBackbone = "elmo_mini_en",
        *,
        mix: str | int | Sequence[str | int] = "scalar",
        trainable: bool = False,
        mix_layer_norm: bool = False,
        dropout_before: float = 0.0,
        dropout_after: float = 0.0,
        length: int | None = None,
        trainable_parts: Mapping[str, bool] | None = None,
        **kwargs: Any,
    ):
        if length is not None and (type(length) is not int or length < 1):
            raise ValueError(
                "`length` must be a number of words, 1 or more, or None for the longest sentence "
                f"of each batch. Received: {length!r}"
            )
        super().__init__(**kwargs)
        # === Layers ===
        policy = self.dtype_policy
        if isinstance(preset, ElmoBackbone):
            self.backbone = preset
        else:
            self.backbone = ElmoBackbone.from_preset(preset, dtype=policy)
        ours = self.backbone.config
        if ours.vocabulary_size is not None or ours.boundaries is not None or ours.keep_boundaries:
            raise ValueError(
                "`ElmoEmbedding` needs an ELMo that reads the bytes of words, without "
                f"`keep_boundaries`. Received: vocabulary_size={ours.vocabulary_size}, "
                f"num_characters={ours.num_characters}, keep_boundaries={ours.keep_boundaries}"
            )
        self._share(trainable)
        self.strings_to_ids = StringsToCharacterIds(self.backbone.config.max_characters_per_token)
        mixes = [mix] if isinstance(mix, str | int) else list(mix)
        self.mixes = [
            LayerMix(
                one,
                mix_layer_norm=mix_layer_norm,
                dropout_before=dropout_before,
                dropout_after=dropout_after,
                dtype=policy,
                name="elmo_mix" if i == 0 else f"elmo_mix_{i}",
            )
            for i, one in enumerate(mixes)
        ]

        # === Config ===
        self.mix = mix
        self.mix_layer_norm = mix_layer_norm
        self.dropout_before = dropout_before
        self.dropout_after = dropout_after
        self.length = length
        self._column: bool | None = None
        self._trainable_parts = dict(trainable_parts or {})  # until the mixes have weights
        self.build(None)  # all shapes are known: nothing is left to the first call
        as_torch_module(self)

    def __call__(self, inputs, *args, **kwargs):
        inputs = as_tensor(inputs)
        shape = getattr(inputs, "shape", ())
        if self._column is None and len(shape) == 2:
            self._column = shape[1] == 1
        return super().__call__(inputs, *args, **kwargs)

    def _share(self, trainable: bool) -> None:
        """Let the backbone train or not, unless another layer has said otherwise."""
        layers = _LAYERS.setdefault(self.backbone, WeakSet())
        if trainable != self.backbone.trainable:
            if layers:
                others = ", ".join(sorted(repr(layer.name) for layer in layers))
                raise ValueError(
                    "`trainable` must be the same in all layers that share a backbone: its weights "
                    f"train in all of them or in none. Received: trainable={trainable} with a "
                    f"backbone that {others} has with trainable={self.backbone.trainable}. Write "
                    f"`trainable={self.backbone.trainable}` here, or load a second backbone."
                )
            self.backbone.trainable = trainable
        layers.add(self)

    def build(self, input_shape):
        layers = self.backbone.config.feature_shape
        for mix in self.mixes:
            mix.build((None, None, *layers))
        set_trainable_parts(self, self._trainable_parts, without=[self.backbone])

    def call(self, inputs, training=None):
        ids = self._ids(inputs)
        mask = _real(ids)
        features = self.backbone({"character_ids": ids, "padding_mask": mask}, training=training)
        mixed = [mix(features, mask=mask, training=training) for mix in self.mixes]
        return mixed[0] if isinstance(self.mix, str | int) else mixed

    def compute_mask(self, inputs, previous_mask=None):
        mask = _real(self._ids(inputs))
        return mask if isinstance(self.mix, str | int) else [mask] * len(self.mixes)

    def compute_output_spec(self, inputs, training=None):
        words = self._ids(inputs).shape[1]
        layers = self.backbone.config.feature_shape
        specs = [
            keras.KerasTensor(
                mix.compute_output_shape((inputs.shape[0], words, *layers)), self.compute_dtype
            )
            for mix in self.mixes
        ]
        return specs[0] if isinstance(self.mix, str | int) else specs

    def get_config(self):
        preset = keras.saving.serialize_keras_object(self.backbone)
        if len(_LAYERS.get(self.backbone, ())) > 1:
            # Keras's own mark of an object that stands in a configuration more than once.
            preset["shared_object_id"] = id(self.backbone)
        config = super().get_config() | {
            "preset": preset,
            "mix": self.mix,
            "trainable": self.backbone.trainable,
            "mix_layer_norm": self.mix_layer_norm,
            "dropout_before": self.dropout_before,
            "dropout_after": self.dropout_after,
            "length": self.length,
        }
        parts = {} if self.built else dict(self._trainable_parts)
        parts |= trainable_parts(self, without=[self.backbone])
        return config | ({"trainable_parts": parts} if parts else {})

    @classmethod
    def from_config(cls, config):
        preset = config["preset"]
        backbone = keras.saving.deserialize_keras_object(preset)
        shared = "shared_object_id" in preset
        # Only while a file is loaded does Keras know what was made before.
        if shared and keras.saving.deserialize_keras_object(preset) is not backbone:
            raise ValueError(
                f"{config.get('name')!r} shares its backbone with another ElmoEmbedding, and a "
                "copy of the model would have two. Received: a configuration without a file, as of "
                "`keras.models.clone_model(model)`. Write `model.save('model.keras')` and "
                "`keras.saving.load_model('model.keras')` instead."
            )
        return cls(**{**with_new_names(config), "preset": backbone})

    def _ids(self, inputs):
        kind = input_kind(inputs, self.backbone.config.max_characters_per_token, self._column)
        if kind == "ids":
            ids = ops.cast(inputs, "int32")
        else:
            ids = self.strings_to_ids(inputs, split=kind == "sentences")
        return ids if self.length is None else fixed_length(ids, self.length)


def _real(ids):
    return ops.not_equal(ids[:, :, 0], 0)  # (batch, words)
