"""Training in stages: the same as in one go, but for what is frozen."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTextClassifier
from keras_elmo.fine_tuning.recipes import RECIPES, Recipe
from keras_elmo.fine_tuning.unfreezing import Stage
from keras_elmo.layers.groups import group_of
from keras_elmo.training.whole_training import StageCallback

GROUPS = ["word_layer", "bilm_1", "bilm_2", "mix", "head"]
UPPER = ["bilm_2", "mix", "head"]


def build(backbone, preprocessor, **arguments):
    keras.utils.set_random_seed(3)
    return ElmoTextClassifier(
        backbone,
        labels=["negative", "positive"],
        preprocessor=preprocessor,
        lstm_units=4,
        elmo_dropout=0.0,
        recurrent_dropout=0.0,
        dropout=0.0,
        **arguments,
    )


class Movement(keras.callbacks.Callback):
    """Which groups moved in each epoch."""

    def on_train_begin(self, logs=None):
        self.before = self.values()

    def values(self):
        return {
            v.path: np.array(keras.ops.convert_to_numpy(v.value))
            for v in self.model.weights
            if "seed" not in v.path
        }

    def on_epoch_end(self, epoch, logs=None):
        now = self.values()
        groups = {v.path: group_of(v) for v in self.model.weights}
        moved = {groups[path] for path in now if (now[path] != self.before[path]).any()}
        self.epochs = [*getattr(self, "epochs", []), [name for name in GROUPS if name in moved]]
        self.before = now


@pytest.fixture
def weights_after(preprocessor, reviews):
    """Return a function that trains a fresh model and gives its weights by path."""
    from support import small_backbone

    def after(recipe, *, epochs=3, **options):
        model = build(small_backbone()[0], preprocessor)
        model.fit(*reviews, epochs=epochs, recipe=recipe, verbose=0, seed=1, **options)
        return {v.path: keras.ops.convert_to_numpy(v.value) for v in model.weights}

    return after


def compare(one, other, **tolerance):
    assert one.keys() == other.keys()
    for path in one:
        np.testing.assert_allclose(one[path], other[path], **tolerance, err_msg=path)


@pytest.mark.portable_slow
def test_gradual_unfreezing_moves_one_group_more_each_epoch(backbone, preprocessor, reviews):
    model, movement = build(backbone, preprocessor), Movement()
    recipe = Recipe(unfreezing="gradual", schedule="slanted_triangular", elmo_learning_rate=1e-3)
    history = model.fit(
        *reviews,
        epochs=5,
        recipe=recipe,
        validation_split=0.2,
        callbacks=[movement],
        verbose=0,
    )
    assert movement.epochs == [GROUPS[3:], GROUPS[2:], GROUPS[1:], GROUPS, GROUPS]
    assert history.epoch == [0, 1, 2, 3, 4]
    assert len(history.history["val_loss"]) == 5
    assert model.trainable_elmo


def test_chain_thaw_moves_one_part_at_a_time(backbone, preprocessor, reviews):
    model, movement = build(backbone, preprocessor), Movement()
    recipe = Recipe(unfreezing="chain_thaw")
    model.fit(*reviews, epochs=6, recipe=recipe, callbacks=[movement], verbose=0)
    expected = [GROUPS[3:], ["word_layer"], ["bilm_1"], ["bilm_2"], GROUPS, GROUPS]
    assert movement.epochs == expected


@pytest.mark.parametrize("schedule", ["constant", "slanted_triangular", "warmup_cosine"])
def test_a_new_stage_takes_over_moments_and_schedule(weights_after, schedule):
    """Two stages of the same groups are as one."""
    settings = {"schedule": schedule, "weight_decay": 0.01, "l2_sp": 0.1}
    one = weights_after(Recipe(unfreezing="all", **settings))
    two = weights_after(Recipe(unfreezing=[Stage(GROUPS, 1), Stage(GROUPS)], **settings))
    compare(two, one, rtol=0)


def test_a_group_that_rested_goes_on_with_its_own_moments(weights_after):
    """What the head learned to expect of its gradients is there after an epoch of rest."""
    rest = [Stage(["head"], 1), Stage(["mix"], 1), Stage(["head"], 1)]
    found = weights_after(Recipe(unfreezing=rest))
    fresh = weights_after(Recipe(unfreezing=[*rest[:2], Stage(["head", "mix"], 1)]))
    assert found.keys() == fresh.keys()
    assert any((found[path] != fresh[path]).any() for path in found)


@pytest.mark.parametrize(
    "groups",
    [pytest.param(UPPER, marks=pytest.mark.portable_slow), ["bilm_1", *UPPER]],
    ids=["top", "both"],
)
def test_stored_features_of_frozen_layers_are_exact(weights_after, groups):
    recipe = Recipe(unfreezing=[Stage(groups)], elmo_learning_rate=1e-3)
    stored = weights_after(recipe, cache="float32")
    anew = weights_after(recipe, cache=False)
    compare(stored, anew, atol=2e-5)


def test_features_serve_the_next_stage(backbone, preprocessor, reviews, monkeypatch):
    from keras_elmo.training import served_features

    made = []
    original = served_features.CachedFeatures
    monkeypatch.setattr(
        served_features, "CachedFeatures", lambda *a: made.append(original(*a)) or made[-1]
    )
    model = build(backbone, preprocessor)
    model.fit(*reviews, epochs=4, recipe=Recipe(unfreezing="gradual"), verbose=0)
    assert len(made) == 1  # top to bottom: what is below has not changed
    model = build(backbone, preprocessor)
    model.fit(*reviews, epochs=5, recipe=Recipe(unfreezing="chain_thaw"), verbose=0)
    assert len(made) == 4  # the head's, then anew below bilm_1 and bilm_2, which had changed


def test_a_stop_ends_all_stages(backbone, preprocessor, reviews):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    model = build(backbone, preprocessor)
    history = model.fit(
        *reviews, epochs=5, recipe=Recipe(unfreezing="gradual"), callbacks=[Stop()], verbose=0
    )
    assert history.epoch == [0, 1]


class EndStage(StageCallback):
    """Ends the stage that an epoch belongs to."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        self.stage_is_over = epoch == self.epoch


@pytest.mark.portable_slow
def test_a_stage_that_ends_early_leaves_its_epochs_to_the_last(weights_after):
    """As if it had been planned: with the same schedule over the same batches."""
    settings = {"schedule": "slanted_triangular", "elmo_learning_rate": 1e-3}
    long, short = (
        Recipe(unfreezing=[Stage(UPPER[1:], n), Stage(UPPER, 1), Stage(GROUPS)], **settings)
        for n in (3, 1)
    )
    found = weights_after(long, epochs=5, callbacks=[EndStage(0)])
    compare(found, weights_after(short, epochs=5), rtol=0)


def test_the_end_of_the_last_stage_ends_the_training(backbone, preprocessor, reviews):
    model = build(backbone, preprocessor)
    history = model.fit(*reviews, epochs=5, recipe="full", callbacks=[EndStage(1)], verbose=0)
    assert history.epoch == [0, 1]
    assert not model.stop_training


@pytest.mark.portable_slow
def test_a_limit_of_steps_cuts_the_last_epoch(backbone, preprocessor, reviews):
    """24 sentences are three batches of 8."""
    model = build(backbone, preprocessor)
    history = model.fit(*reviews, epochs=9, steps=7, batch_size=8, recipe="full", verbose=0)
    assert history.epoch == [0, 1, 2]
    assert int(model.optimizer.iterations) == 7
    rate = model.optimizer._inner_optimizers[0].learning_rate
    assert float(rate) == pytest.approx(1e-3 / 2.6**2 / 32)  # where a slanted triangle ends
    with pytest.raises(ValueError, match="2 epochs of stages for 1 epochs"):
        model.fit(*reviews, epochs=9, steps=3, batch_size=8, recipe="slight", verbose=0)


def test_recipes_by_name(backbone, preprocessor, reviews):
    for name in RECIPES:
        model = build(backbone, preprocessor)
        model.fit(*reviews, epochs=4, recipe=name, verbose=0)
        assert model.trainable_elmo == (name != "frozen")
        assert not any(v.regularizer for v in model.weights)
    with pytest.raises(ValueError, match="`recipe` must be one of 'frozen'"):
        model.fit(*reviews, recipe="gentle", verbose=0)


def test_anchored_weights_stay_nearer(weights_after):
    from support import small_backbone

    start = {v.path: v.numpy() for v in small_backbone()[0].weights}

    def distance(**settings):
        after = weights_after(Recipe(unfreezing="all", elmo_learning_rate=1e-2, **settings))
        return sum(np.square(after[path] - start[path]).sum() for path in start)

    free, pulled, held = distance(), distance(l2_sp=1.0), distance(l2_sp={"bilm_2": 1e3})
    assert pulled < 0.5 * free
    assert held < free
    np.testing.assert_allclose(distance(keep=0.5), free / 4, rtol=1e-4)
    assert distance(keep=0.0) == 0.0


@pytest.mark.portable
def test_the_pull_is_the_gradient_of_half_the_squared_distance():
    from support import gradients, to_numpy

    from keras_elmo.fine_tuning.anchoring import L2SP

    variable = keras.Variable([1.0, -2.0])
    pull = L2SP(0.5, np.array([0.5, 0.0], "f4"))
    np.testing.assert_allclose(to_numpy(pull(variable.value)), 0.25 * (0.25 + 4.0))
    np.testing.assert_allclose(gradients(lambda: pull(variable.value), [variable])[0], [0.25, -1.0])


def test_the_share_that_is_kept_is_of_the_best_epoch(preprocessor, reviews):
    from support import small_backbone

    from keras_elmo.workflows.training import train_task

    ways = []
    for keep in (1.0, 0.5):
        model = build(small_backbone()[0], preprocessor)
        start = {v.path: v.numpy() for v in model.backbone.weights}
        recipe = Recipe(unfreezing="all", elmo_learning_rate=1e-2, keep=keep)
        train_task(model, *reviews, reviews, recipe=recipe, epochs=2)
        ways.append({v.path: v.numpy() - start[v.path] for v in model.backbone.weights})
    for path, way in ways[0].items():
        np.testing.assert_allclose(ways[1][path], way / 2, atol=1e-6)


@pytest.mark.compiled
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="others trace as they please")
@pytest.mark.parametrize("recipe", [None, "frozen"])
def test_a_step_is_traced_once(backbone, preprocessor, reviews, recipe):
    """An optimizer that makes its variables in a step has TensorFlow trace that twice."""
    traces = []

    class Traced(ElmoTextClassifier):
        def train_step(self, *arguments, **kwargs):
            traces.append(arguments)
            return super().train_step(*arguments, **kwargs)

    model = Traced(backbone, labels=["negative", "positive"], preprocessor=preprocessor)
    model.fit(*reviews, recipe=recipe, verbose=0)
    assert len(traces) == 1
