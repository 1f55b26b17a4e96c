"""Upper layers on stored features: the numbers and gradients of the whole ELMo."""

import numpy as np
import pytest
from keras import ops
from support import gradients, small_backbone, to_numpy

from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.upper_layers import UpperLayers

SENTENCES = ["a b c d", "", "e", "f gg hhh iiii jj"]


@pytest.mark.portable
@pytest.mark.parametrize("first", [0, 1])
def test_numbers_and_gradients(first):
    backbone = small_backbone()[0]
    batch = ElmoPreprocessor("whitespace", max_characters_per_token=8)(SENTENCES)
    mask = ops.convert_to_tensor(batch["padding_mask"])
    expected = backbone(batch)
    weights = np.random.default_rng(0).normal(size=expected.shape).astype("f4")
    stored = to_numpy(expected).copy()
    stored[:, :, first + 1 :] = np.nan  # not looked at
    upper = UpperLayers(backbone, first)
    np.testing.assert_allclose(
        to_numpy(upper(ops.convert_to_tensor(stored), mask)), to_numpy(expected), atol=1e-6
    )
    bilm = backbone.bilm
    training = [
        variable
        for layer in (*bilm.forward_layers[first:], *bilm.backward_layers[first:])
        for variable in layer.trainable_variables
    ]
    found, whole = (
        gradients(lambda run=run: ops.sum(ops.multiply(run(), weights)), training)
        for run in (lambda: upper(ops.convert_to_tensor(stored), mask), lambda: backbone(batch))
    )
    for ours, theirs in zip(found, whole, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=1e-4)
