"""Calling a model on sentences of many lengths without compiling for each of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import tree


def compiled_call(
    model: keras.Model, more: Mapping[str, Sequence[int | None]] | None = None
) -> Callable[[Mapping[str, np.ndarray]], Any]:
    """A function of a batch that runs a functional model for prediction, to arrays.

    On TensorFlow it is traced once for all lengths, where `predict_on_batch` traces for each; on
    JAX and PyTorch it is `predict_on_batch`.

    Args:
        model: a functional model with a dict of inputs.
        more: float32 inputs besides, that its `call` takes: the shape of each by its name.
    """
    if keras.config.backend() != "tensorflow":
        return lambda batch: tree.map_structure(np.asarray, model.predict_on_batch(dict(batch)))
    import tensorflow as tf

    signature = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()
    }
    signature |= {name: tf.TensorSpec(shape, "float32") for name, shape in (more or {}).items()}
    function = tf.function(
        lambda inputs: model(inputs, training=False), input_signature=[signature]
    )

    def call(batch):
        outputs = function({name: batch[name] for name in signature})
        return tree.map_structure(lambda tensor: tensor.numpy(), outputs)

    return call
