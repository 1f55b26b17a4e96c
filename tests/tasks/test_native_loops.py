"""Tasks in loops of one's own: variables that are given are those that count."""

import keras
import numpy as np
import pytest
from keras import ops
from support import small_backbone, to_numpy

from keras_elmo import ElmoJointTagger, ElmoTokenClassifier
from keras_elmo.tasks.loading import load_task

WORDS = [["a", "film"], ["good"]]
TAGS = [["B-X", "I-X"], ["O"]]
LABELS = ["O", "B-X", "I-X"]


def tagger(backbone, **options):
    task = ElmoTokenClassifier(backbone, labels=LABELS, scheme="BIO", **options)
    return task, TAGS


def joint(backbone, **options):
    names = {"labels": {"tags": LABELS}, "sentence_labels": {"kind": ["a", "b"]}}
    task = ElmoJointTagger(backbone, **names, crf=["tags"], **options)
    return task, [{"tags": tags, "kind": "b"} for tags in TAGS]


KINDS = {"CRF": lambda *a, **k: tagger(*a, crf=True, **k), "joint": joint}


@pytest.mark.portable
@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_stateless_call_is_that_of_the_given_variables(kind, preprocessor):
    """Outside of every scope of Keras's, as in a loop of one's own in JAX."""
    task, y = KINDS[kind](small_backbone()[0], preprocessor=preprocessor, lstm_units=2)
    batch = keras.tree.map_structure(ops.convert_to_tensor, task.batches(WORDS, y)[0])
    random = np.random.default_rng(1)
    given = [
        ops.convert_to_tensor(random.normal(size=variable.shape).astype("float32"))
        for variable in task.trainable_variables
    ]
    fixed = [variable.value for variable in task.non_trainable_variables]

    def losses(given, fixed, inputs, targets, weights):
        outputs, _ = task.stateless_call(given, fixed, inputs)
        arguments = {"x": inputs, "y": targets, "y_pred": outputs, "sample_weight": weights}
        in_scope, _ = task.stateless_compute_loss(given, fixed, [], **arguments)
        return task.compute_loss(**arguments), in_scope

    if keras.config.backend() == "jax":
        import jax

        losses = jax.jit(losses)
    found, expected = to_numpy(
        keras.tree.map_structure(ops.stop_gradient, losses(given, fixed, *batch))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found > 0.0


@pytest.mark.portable
@pytest.mark.skipif(keras.config.backend() != "jax", reason="counts what JAX compiles")
def test_nothing_is_compiled_to_load_a_task(preprocessor, tmp_path):
    """Random values cost JAX a compilation for each shape: a loaded model makes none."""
    import jax

    task = tagger(small_backbone()[0], preprocessor=preprocessor, lstm_units=3, crf=True)[0]
    task.save_to_preset(tmp_path / "task")
    task.save(tmp_path / "task.keras")
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: compiled.append(event) if "backend_compile" in event else None
    )
    jax.clear_caches()
    loaded = load_task(tmp_path / "task")
    of_preset = len(compiled)
    again = keras.saving.load_model(tmp_path / "task.keras")
    assert of_preset <= 3
    assert len(compiled) - of_preset <= 12  # zeros of its optimizer
    for model in (loaded, again):
        assert model.optimizer is not None
        for ours, theirs in zip(model.get_weights(), task.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_configuration_alone_still_makes_a_random_model(preprocessor):
    """Zeros are for what is loaded: all else is a new model, with random weights."""
    task = tagger(small_backbone()[0], preprocessor=preprocessor, lstm_units=3)[0]
    new = type(task).from_config(task.get_config())
    assert new.optimizer is not None
    kernels = [v for v in new.weights if v.name.endswith("kernel")]
    assert all(ops.convert_to_numpy(kernel.value).any() for kernel in kernels)
