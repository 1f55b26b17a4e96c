"""Published weight files ↔ (configuration, {variable path: array}), in NumPy and h5py alone.

Example:
    >>> from keras_elmo.weights import load_bilm_tf, save_bilm_tf
    >>> config, variables = load_bilm_tf("elmo_weights.hdf5", "elmo_options.json")
    >>> save_bilm_tf(config, variables, "copy_weights.hdf5", "copy_options.json")
"""

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf import load_bilm_tf, save_bilm_tf
from keras_elmo.weights.shapes import expected_shapes

__all__ = ["WeightsError", "expected_shapes", "load_bilm_tf", "save_bilm_tf"]
