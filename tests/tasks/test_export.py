"""Exported tasks against the tasks themselves, and what is refused."""

import keras
import numpy as np
import pytest
from every_task import CASES, RELATIVES, first_batch, make_task
from support import to_numpy

on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="a SavedModel is TensorFlow's"
)


def padded(inputs, steps):
    """The same arrays with more padding."""
    return {
        name: np.pad(x, [(0, 0), (0, steps), *[(0, 0)] * (x.ndim - 2)])
        for name, x in inputs.items()
    }


@on_tensorflow
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in RELATIVES)) for name in CASES],
)
def test_a_saved_model_gives_the_numbers_of_the_task(name, tmp_path):
    import tensorflow as tf

    task = make_task(name, dropout=0.3, elmo_dropout=0.3)  # that must not be active in it
    task.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    together = first_batch(task, name)[0]
    order = list(task.batches(CASES[name].x, CASES[name].y).rows[0])
    alone = first_batch(task, name, [order[0]])[0]  # the first row of them all
    rows = {}
    for what, inputs in {"all": together, "one": alone, "padded": padded(alone, 5)}.items():
        expected, found = to_numpy(task(inputs, training=False)), exported.serve(inputs)
        for a, b in zip(keras.tree.flatten(expected), keras.tree.flatten(found), strict=True):
            np.testing.assert_allclose(b.numpy(), a, rtol=1e-4, atol=1e-5)
        rows[what] = [x.numpy()[0] for x in keras.tree.flatten(found)]
    if "copy" in CASES[name].arguments:  # how many steps can be copied depends on the padding
        return
    for what in ("all", "padded"):
        for one, other in zip(rows["one"], rows[what], strict=True):
            same = tuple(slice(0, min(sizes)) for sizes in zip(one.shape, other.shape, strict=True))
            real = to_real(task, alone, one)
            np.testing.assert_allclose(one[same][:real], other[same][:real], rtol=1e-4, atol=1e-5)


def to_real(task, inputs, output):
    """Steps of an output without padding; all of them where it has none."""
    steps = inputs["padding_mask"].shape[1]
    if output.ndim < 2 or "target_ids" in inputs:
        return len(output)
    return int(inputs["padding_mask"].sum()) + len(output) - steps


@pytest.mark.portable
@pytest.mark.parametrize("name", ["openvino", "litert", "torch", "nothing"])
def test_other_formats_are_refused_with_the_line_that_works(name, tmp_path):
    with pytest.raises(ValueError, match=rf"{name!r}.*`task\.export\('folder', format='onnx'"):
        make_task("classes").export(tmp_path / "exported", format=name)
    assert not (tmp_path / "exported").exists()


@pytest.mark.portable
@pytest.mark.skipif(keras.config.backend() == "tensorflow", reason="there it is exported")
def test_other_backends_are_refused(tmp_path):
    with pytest.raises(ValueError, match="on the TensorFlow backend only"):
        make_task("classes").export(tmp_path / "exported")
