"""Calling a model on batches of many shapes without compiling for each of them."""

from collections.abc import Callable, Mapping

import keras
import numpy as np


def compiled_call(model: keras.Model) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    """A function of a batch that runs a functional model for prediction.

    On TensorFlow it is traced once for all lengths, where `predict_on_batch` traces for each; on
    JAX and PyTorch it is `predict_on_batch`.

    Args:
        model: a functional model with a dict of inputs and one output.
    """
    if keras.config.backend() != "tensorflow":
        return lambda batch: np.asarray(model.predict_on_batch(dict(batch)))
    import tensorflow as tf

    signature = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype) for name, tensor in model.input.items()
    }
    function = tf.function(
        lambda inputs: model(inputs, training=False), input_signature=[signature]
    )
    return lambda batch: function({name: batch[name] for name in signature}).numpy()
