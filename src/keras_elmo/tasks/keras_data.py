"""Batches in the form that Keras reads them in without pauses."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import keras

from keras_elmo.tasks.batches import SentenceBatches

_READ_AHEAD = 2  # batches


def keras_data(batches: Any) -> Any:
    """What `fit` and `evaluate` of Keras are given.

    On TensorFlow Keras makes a `tf.data.Dataset` of a `PyDataset` and leaves its autotuning on. The
    thread of that sleeps for about as long as it has been there, up to a minute, and is woken at
    the end of an epoch before it can see that this is the end: where it shares a processor it
    mostly sleeps on, and the training waits for it. Here is nothing to tune, so the data set is
    made without.

    Args:
        batches: of a task: the sizes that the first two have in common are those of all. Their
            `on_epoch_end` is not called. Anything else, another `PyDataset` too, stays as it is.

    Returns:
        A `tf.data.Dataset` on TensorFlow, else the batches as they are.
    """
    if keras.config.backend() != "tensorflow" or not isinstance(batches, SentenceBatches):
        return batches
    tf = import_module("tensorflow")

    def generate() -> Iterator[Any]:
        for number in range(len(batches)):
            yield batches[number]

    def spec(first: Any, *second: Any) -> Any:
        # The size of a batch is never that of all: the last may be smaller.
        sizes = zip(*(array.shape[1:] for array in (first, *second)), strict=True)
        common = (size[0] if len(set(size)) == 1 else None for size in sizes)
        return tf.TensorSpec((None, *common), first.dtype)

    some = [batches[number] for number in range(min(2, len(batches)))]
    data = tf.data.Dataset.from_generator(
        generate, output_signature=keras.tree.map_structure(spec, *some)
    )
    options = tf.data.Options()
    options.autotune.enabled = False
    data = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return data.prefetch(_READ_AHEAD).with_options(options)
