"""The engine that runs on Keras: exact, with every backend."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.inference import compiled_call
from keras_elmo.elmo.variables import arrays_by_path, without_values
from keras_elmo.embedding.engines.engine import Block, State, check_encoder, checksum, named_inputs
from keras_elmo.weights.shapes import DIRECTIONS


class KerasEngine:
    """An [`Engine`][keras_elmo.embedding.engines.engine.Engine] on the backbone's own variables.

    Args:
        backbone: the ELMo; not stateful.
        precision: `"float32"`, or `"bfloat16"` products with gates and states in float32.
    """

    def __init__(self, backbone: ElmoBackbone, precision: str = "float32"):
        check_encoder(backbone.get_config())
        if precision == "bfloat16":
            arrays = arrays_by_path(backbone)
            config = backbone.get_config() | {"dtype": "mixed_bfloat16"}
            backbone = without_values(lambda: ElmoBackbone.from_config(config), arrays)
        self.config = backbone.get_config()
        self.static_shapes = keras.config.backend() == "jax"
        self._words = backbone.word_layer
        shape = () if backbone.config.reads_words_alone else (None,)  # words, or their characters
        words = keras.Input(shape, dtype="int32", name="ids")
        self._call_words = compiled_call(keras.Model({"ids": words}, backbone.word_layer(words)))
        self._call_block = compiled_call(_block_model(backbone))

    def word_vectors(self, ids: np.ndarray) -> np.ndarray:
        return np.asarray(self._call_words({"ids": ids}), np.float32)

    def advance(
        self, block: Block, state: State, start: State
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        inputs = named_inputs(block, state, start)
        found = [np.asarray(array, np.float32) for array in self._call_block(inputs)]
        return found[: len(found) - len(state)], found[len(found) - len(state) :]

    def words_version(self) -> str:
        weights = (ops.convert_to_numpy(variable.value) for variable in self._words.weights)
        return f"keras-{self._words.compute_dtype}-{checksum(weights)}"


class _AdvanceBiLM(keras.layers.Layer):
    """Both directions over a block: see [`BiLM.advance`][keras_elmo.layers.bilm.BiLM]."""

    def __init__(self, bilm, **kwargs):
        super().__init__(**kwargs)
        self.bilm = bilm
        self.built = True

    def call(self, inputs):
        outputs, after, bilm = [], [], self.bilm
        count = bilm.num_layers
        for d, lstms in enumerate((bilm.forward_layers, bilm.backward_layers)):
            parts = range(2 * count * d, 2 * count * (d + 1), 2)
            states = [[inputs[f"state_{i}"], inputs[f"state_{i + 1}"]] for i in parts]
            starts = [[inputs[f"start_{i}"], inputs[f"start_{i + 1}"]] for i in parts]
            words = inputs[DIRECTIONS[d]]
            found, last = bilm.advance(lstms, words, states, inputs["begins"], starts)
            outputs += found
            after += [part for state in last for part in state]
        return [*outputs, *after]

    def compute_output_spec(self, inputs):
        words = inputs[DIRECTIONS[0]]
        states = [inputs[f"state_{i}"] for i in range(4 * self.bilm.num_layers)]
        shapes = [words.shape] * (2 * self.bilm.num_layers) + [part.shape for part in states]
        # Each a tensor of its own: Keras tells outputs apart by identity.
        return [keras.KerasTensor(shape, "float32") for shape in shapes]


def _block_model(backbone: ElmoBackbone) -> keras.Model:
    size, units = backbone.config.projection_dim, backbone.config.units
    shapes: dict[str, tuple[Any, ...]] = dict.fromkeys(DIRECTIONS, (None, None, size))
    for i in range(4 * backbone.config.num_layers):
        shapes[f"state_{i}"] = (None, (size, units)[i % 2])
        shapes[f"start_{i}"] = (1, (size, units)[i % 2])
    inputs = {
        name: keras.Input(batch_shape=shape, dtype="float32", name=name)
        for name, shape in shapes.items()
    }
    inputs["begins"] = keras.Input(batch_shape=(None, None, 1), dtype="bool", name="begins")
    return keras.Model(inputs, _AdvanceBiLM(backbone.bilm, autocast=False)(inputs))
