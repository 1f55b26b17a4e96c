"""The written-out gradient is the automatic one of the same loop, which the oracle vouches for."""

import numpy as np
import pytest
from keras import ops
from support import gradients, to_numpy

from keras_elmo.layers.projection_lstm import ProjectionLSTM

RNG = np.random.default_rng(8)
X = (RNG.normal(size=(3, 5, 3))).astype("float32")
WEIGHTS = RNG.normal(size=(3, 5, 3)).astype("float32")  # of the outputs in the loss
MASK = np.arange(5) < np.array([5, 3, 1])[:, None]
KINDS = {
    "clips": {"projection_dim": 3, "cell_clip": 0.4, "projection_clip": 0.2},
    "no clips": {"projection_dim": 3},
    "no projection": {"projection_dim": None, "cell_clip": 0.4},
}


@pytest.mark.portable
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"stateful": True}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_training_gives_the_same_outputs_and_gradients(kind, options, mask):
    layer = ProjectionLSTM(5 if KINDS[kind]["projection_dim"] else 3, **KINDS[kind], **options)
    layer.build(X.shape)
    for variable in layer.trainable_variables:
        variable.assign(0.5 * RNG.normal(size=variable.shape))  # saturated gates cancel
    layer(X[::-1].copy(), mask=mask)  # a stateful layer starts from a state that is not zero
    state = [variable.numpy() for variable in layer.variables if variable.name == "state"]
    found = []
    for training in (False, True):
        for variable, value in zip(layer.variables[-len(state) :], state, strict=False):
            variable.assign(value)

        def loss(training=training):
            return ops.sum(ops.multiply(layer(X, mask=mask, training=training), WEIGHTS))

        found.append(
            [to_numpy(ops.stop_gradient(loss())), *gradients(loss, layer.trainable_variables)]
        )
    for automatic, written_out in zip(*found, strict=True):
        size = np.abs(automatic).max()
        np.testing.assert_allclose(written_out, automatic, rtol=1e-4, atol=2e-5 * size)
