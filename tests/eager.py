"""TensorFlow step by step: what a test need not compile, it does not wait for.

A few steps of a tiny model are done before TensorFlow has compiled the first of them, and what it
compiled for one model serves no other. Only the loops over time are many steps: each of their kinds
is compiled once and shared by all models of a test run.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import tensorflow as tf

from keras_elmo.layers.recurrence import Recurrence

LOOPS = ("run", "train")
_compiled = {}


@contextmanager
def step_by_step() -> Iterator[None]:
    """Run `tf.function`s, and so Keras's `fit`, as the Python they are, all but loops over time."""
    originals = {name: getattr(Recurrence, name) for name in LOOPS}
    for name, loop in originals.items():
        setattr(Recurrence, name, _shared(loop))
    tf.config.run_functions_eagerly(True)
    os.environ["STEP_BY_STEP"] = "1"  # to the processes that a test starts
    try:
        yield
    finally:
        del os.environ["STEP_BY_STEP"]
        tf.config.run_functions_eagerly(False)
        for name, loop in originals.items():
            setattr(Recurrence, name, loop)


@cache
def _shared(loop):
    def call(self, x, keep, state, recurrent, projection=None, **more):
        if not tf.executing_eagerly():
            return loop(self, x, keep, state, recurrent, projection, **more)
        arguments = {"x": x, "keep": keep, "state": state, "recurrent": recurrent}
        arguments |= {"projection": projection, **more}
        arguments = {
            name: tf.nest.map_structure(tf.convert_to_tensor, value)
            for name, value in arguments.items()
            if value is not None
        }
        function = _function(loop, self, arguments)
        tf.config.run_functions_eagerly(False)
        try:
            return function(arguments)
        finally:
            tf.config.run_functions_eagerly(True)

    return call


def _function(loop, recurrence, arguments):
    """Return the compiled loop of a kind: of any steps and rows, unless it is unrolled."""
    free = {"x": 2, "keep": 2, "begins": 2, "state": 1}  # axes that come before the features

    def spec(name, x):
        count = 0 if recurrence.unroll else free.get(name, 0)
        return tf.TensorSpec([None] * count + [*x.shape[count:]], x.dtype)

    specs = {
        name: tf.nest.map_structure(lambda x, name=name: spec(name, x), value)
        for name, value in arguments.items()
    }
    key = loop, recurrence, repr(specs)
    if key not in _compiled:
        _compiled[key] = tf.function(
            lambda given: loop(recurrence, **{"keep": None} | given),
            input_signature=[specs],
            autograph=False,
        )
    return _compiled[key]
