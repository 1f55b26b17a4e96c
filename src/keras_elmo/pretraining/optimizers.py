"""The optimizers of pre-training, which also log the norms of their gradients."""

import re

import keras
from keras import ops

_SMOOTHING = 0.98  # of the logged norms, from step to step


class _NormLog(keras.optimizers.Optimizer):
    """Keeps a running mean of the gradients' norm for each part of the language model.

    The sum over a part's variables; an optimizer variable, so that it works in compiled code.
    """

    def build(self, variables):
        if self.built:  # loaded from a file, say
            return
        super().build(variables)
        self.parts = list(dict.fromkeys(_part(variable.path) for variable in variables))
        self.norms = self.add_variable((len(self.parts),), name="gradient_norms")

    def apply(self, grads, trainable_variables=None):
        if trainable_variables is not None and not self.built:
            self.build(trainable_variables)
        grads = [_dense(gradient) for gradient in grads]
        squares = dict.fromkeys(self.parts, 0.0)
        for variable, gradient in zip(self._trainable_variables, grads, strict=True):
            squares[_part(variable.path)] += ops.sum(ops.square(gradient))
        now = ops.sqrt(ops.stack(list(squares.values())))  # (parts,)
        weight = ops.where(self.iterations > 0, _SMOOTHING, 0.0)
        self.norms.assign(weight * self.norms + (1.0 - weight) * now)
        super().apply(grads, trainable_variables)

    def gradient_norms(self) -> dict[str, float]:
        """Running means: `gradient_char_cnn`, `gradient_1` …, `gradient_softmax`."""
        norms = ops.convert_to_numpy(self.norms.value)
        return {
            f"gradient_{part}": float(norm) for part, norm in zip(self.parts, norms, strict=True)
        }


@keras.saving.register_keras_serializable("keras_elmo")
class LoggingAdam(_NormLog, keras.optimizers.Adam):
    """Adam, with decoupled weight decay AdamW (Loshchilov and Hutter 2019)."""


@keras.saving.register_keras_serializable("keras_elmo")
class LoggingAdagrad(_NormLog, keras.optimizers.Adagrad):
    """Adagrad (Duchi et al. 2011), with which the published ELMos were trained."""


def _part(path: str) -> str:
    layer = re.search(r"(?:forward|backward)_(\d+)", path)
    if layer:
        return str(int(layer[1]) + 1)
    return "softmax" if "softmax" in path else "char_cnn"


def _dense(gradient):
    """One array where TensorFlow has rows only: every use of them would add them up again."""
    if keras.config.backend() != "tensorflow":
        return gradient
    import tensorflow as tf

    return tf.convert_to_tensor(gradient)
