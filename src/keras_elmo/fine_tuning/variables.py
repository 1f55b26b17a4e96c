"""Values of variables while a model trains."""

from typing import Any

import keras
import numpy as np


def sync_variables(model: Any) -> None:
    """Give a model's variables their present values: on JAX `fit` keeps those apart."""
    if keras.config.backend() == "jax":
        model.jax_state_sync()


def copy_value(variable: keras.Variable) -> np.ndarray:
    """A copy of a variable's value: some backends lend NumPy the memory that training changes."""
    return np.array(keras.ops.convert_to_numpy(variable.value))
