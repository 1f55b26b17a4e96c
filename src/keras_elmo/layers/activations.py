"""Activations of the recurrent loop, as one operation where the backend has one."""

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


def side_by_side(parts):
    """Matrices `(rows, n)` of one shape as one, `(rows, n · len(parts))`."""
    if keras.config.backend() != "tensorflow":
        return ops.concatenate(parts, axis=-1)
    import tensorflow as tf

    # TensorFlow shares a concatenation among threads, which may be busy with the other direction.
    rows = tf.range(tf.shape(parts[0])[0]) * len(parts)
    stitched = tf.dynamic_stitch([rows + i for i in range(len(parts))], parts)
    return tf.reshape(stitched, (-1, len(parts) * parts[0].shape[-1]))
