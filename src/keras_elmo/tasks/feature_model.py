"""A Keras model that also runs on features of ELMo, computed before, and on distinct words."""

from collections.abc import Mapping
from typing import Any

import keras

from keras_elmo.batching.batches import FEATURES
from keras_elmo.batching.word_types import INDEX, TYPES, features_of_types
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.upper_layers import UpperLayers


class FeatureModel(keras.Model):
    """A model with an ELMo inside, which is skipped where a batch brings its features."""

    backbone: ElmoBackbone
    _upper: UpperLayers | None = None
    _id_names = ("character_ids", "token_ids")

    def run_on_features(self, inputs: dict[str, Any], features: Any, outputs: Any) -> None:
        """Let the model also take batches with `elmo_features`, and skip ELMo for them.

        Args:
            inputs, features, outputs: tensors of the functional graph; several features by name.
        """
        tensors = {name: inputs[name] for name in inputs if not name.endswith(self._id_names)}
        tensors |= features if isinstance(features, Mapping) else {FEATURES: features}
        head = keras.Model(list(tensors.values()), outputs)
        # In a closure, so that Keras does not count and save the layers of `head` twice.
        self._head = lambda batch, training: head(
            [batch[name] for name in tensors], training=training
        )

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Keras's own, or the head alone where the features are there."""
        if isinstance(inputs, Mapping) and (FEATURES in inputs or TYPES in inputs):
            # Eagerly on JAX they are NumPy's, which Keras does not mix with tensors.
            inputs = {name: keras.ops.convert_to_tensor(x) for name, x in inputs.items()}
        if isinstance(inputs, Mapping) and FEATURES in inputs:
            if self._upper:
                for name in [name for name in inputs if name.endswith(FEATURES)]:
                    mask = inputs[name.replace(FEATURES, "padding_mask")]
                    inputs = {**inputs, name: self._upper(inputs[name], mask, training)}
            return self._head(inputs, training)
        if isinstance(inputs, Mapping) and TYPES in inputs:
            types = inputs[TYPES], inputs[INDEX], inputs["padding_mask"]
            features = features_of_types(self.backbone, *types, training=training)
            return self._head({**inputs, FEATURES: features}, training)
        return super().call(inputs, training=training, mask=mask)
