"""Gradients of activations, in one operation where the backend has one."""

import keras
from keras import ops


def sigmoid_gradient(y, upstream):
    """`upstream · y (1 − y)`, the gradient where y = σ(x)."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.raw_ops.SigmoidGrad(y=y, dy=upstream)
    return upstream * y * (1.0 - y)


def tanh_gradient(y, upstream):
    """`upstream · (1 − y²)`, the gradient where y = tanh(x)."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.raw_ops.TanhGrad(y=y, dy=upstream)
    return upstream * (1.0 - ops.square(y))
