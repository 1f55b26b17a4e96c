"""Batches in the form that Keras reads them in without pauses."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import keras
import numpy as np

from keras_elmo.batching.batches import SentenceBatches

_READ_AHEAD = 2  # batches


def keras_data(batches: Any, *, shuffle: bool | None = None) -> Any:
    """The data that `fit`, `evaluate` and `predict` of Keras are given.

    On TensorFlow Keras makes a `tf.data.Dataset` of a `PyDataset`, in which it takes the sizes that
    the first two batches have in common for those of all, and leaves its autotuning on. The thread
    of that sleeps for about as long as it has been there, up to a minute, and is woken at the end
    of an epoch before it can see that this is the end: where it shares a processor it mostly sleeps
    on, and the training waits for it. Here is nothing to tune and nothing to guess, so the data set
    is made without.

    Args:
        batches: batches of a task. Anything else, another `PyDataset` too, stays as it is.
        shuffle: whether to read the batches in a new order each time and call their `on_epoch_end`
            behind the last, as Keras does with a `PyDataset`. None reads them as they are.

    Returns:
        A `tf.data.Dataset` on TensorFlow, else the batches as they are.
    """
    if keras.config.backend() != "tensorflow" or not isinstance(batches, SentenceBatches):
        return batches
    tf = import_module("tensorflow")

    def generate() -> Iterator[Any]:
        count = len(batches)  # of the same number in every epoch
        for number in np.random.permutation(count) if shuffle else range(count):
            yield batches[number]
        if shuffle is not None:
            batches.on_epoch_end()

    data = tf.data.Dataset.from_generator(generate, output_signature=_signature(batches[0]))
    options = tf.data.Options()
    options.autotune.enabled = False
    data = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return data.prefetch(_READ_AHEAD).with_options(options)


def _signature(batch: tuple[Any, ...]) -> tuple[Any, ...]:
    """The shape and dtype of all batches: what one of them has, but for rows and lengths.

    Inputs have words, characters or steps behind the rows. So have targets for each step, which
    have weights for each step; others have classes or answers there, as many in all batches.
    """
    tf = import_module("tensorflow")

    def spec(array: Any, free: int) -> Any:
        return tf.TensorSpec((None,) * free + array.shape[free:], array.dtype)

    structure = keras.tree.map_structure
    inputs = structure(lambda array: spec(array, min(2, array.ndim)), batch[0])
    if len(batch) == 1:
        return (inputs,)
    targets = structure(lambda array, weights: spec(array, weights.ndim), *batch[1:])
    return inputs, targets, structure(lambda weights: spec(weights, weights.ndim), batch[2])
