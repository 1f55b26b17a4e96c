"""A training that was broken off and goes on ends as one that was not."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from support import small_backbone

from keras_elmo import ElmoTextClassifier
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import Stage
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.training.whole_training import StageCallback
from keras_elmo.workflows.training import train_task

# All that a checkpoint has to hold: stages, moments, a schedule, an anchor, random states.
ALL = ["word_layer", "bilm_1", "bilm_2", "mix", "head"]
RECIPE = Recipe(
    unfreezing=[Stage(ALL[2:], 1), Stage(ALL)],
    learning_rate=1e-3,
    elmo_learning_rate=1e-3,
    schedule="slanted_triangular",
    weight_decay=0.01,
    l2_sp=0.1,
    keep=0.5,
)
EPOCHS = 3  # of three batches


class Broken(Exception):
    """A power cut."""


class Break(keras.callbacks.Callback):
    """Ends everything after a batch, or after an epoch."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.place, self.epoch = (epoch, batch), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            raise Broken


class Draw(keras.callbacks.Callback):
    """Draws numbers of its own with PyTorch, as a user's callback may."""

    def __init__(self, torch):
        super().__init__()
        self.torch = torch

    def on_train_begin(self, logs=None):
        self.before = self.torch.get_rng_state()

    def on_train_batch_end(self, batch, logs=None):
        self.torch.rand(5)


@pytest.fixture
def train(preprocessor, reviews):
    """Return a function that trains a fresh model and gives its weights, best epoch and history."""

    def run(recipe=RECIPE, epochs=EPOCHS, checkpoint=None, callbacks=(), texts=None, **options):
        keras.utils.set_random_seed(3)
        model = ElmoTextClassifier(
            small_backbone()[0],
            labels=["negative", "positive"],
            preprocessor=preprocessor,
            lstm_units=4,
            elmo_dropout=0.5,
            recurrent_dropout=0.0,
        )
        texts, labels = texts or reviews[0], reviews[1]
        dev = texts[:10], labels[:10]
        options = {"batch_size": 8, "patience": 9, "seed": 1} | options
        result = train_task(
            model,
            texts,
            labels,
            dev,
            epochs=epochs,
            recipe=recipe,
            checkpoint=checkpoint,
            callbacks=callbacks,
            **options,
        )
        history = [{k: v for k, v in row.items() if k != "seconds"} for row in result.history]
        return [np.array(v.numpy()) for v in model.variables], result.best_epoch, history

    return run


@pytest.fixture
def begun(train, tmp_path):
    """The checkpoint of a training that was broken off after a batch."""
    path = tmp_path / "begun"
    with pytest.raises(Broken):
        train(checkpoint=TrainingCheckpoint(path, minutes=0), callbacks=[Break(0, 1)])
    return path.read_bytes()


@pytest.fixture(scope="module")
def kept():
    """What one test found out for the next."""
    return {}


@pytest.fixture
def whole(train, kept):
    """What a training that nothing happened to ends with."""
    if not kept:
        kept["whole"] = train()
    return kept["whole"]


def same(one, other):
    assert one[1:] == other[1:]
    for found, expected in zip(one[0], other[0], strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([(1, 1)], marks=pytest.mark.portable_slow, id="once"),
        pytest.param([(0, 2), (1, 0), (2, 2)], id="more often"),
    ],
)
def test_it_ends_with_the_same_weights(train, whole, tmp_path, places):
    """In either stage, at the first batch of an epoch and before the last."""
    path = tmp_path / "checkpoint"
    for place in places:
        with pytest.raises(Broken):
            train(checkpoint=TrainingCheckpoint(path, minutes=0), callbacks=[Break(*place)])
    ended = train(checkpoint=TrainingCheckpoint(path))
    same(ended, whole)


class EndStage(StageCallback):
    """Ends the first stage behind its first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.stage_is_over = epoch == 0


@pytest.mark.parametrize("place", [(1, 0), (2, 1)], ids=["as it ends", "in the next"])
def test_a_stage_that_ended_early_is_over(train, whole, tmp_path, place):
    """Two epochs of the first stage, of which the second is not needed."""
    recipe = replace(RECIPE, unfreezing=[Stage(ALL[2:], 2), Stage(ALL)])
    path = tmp_path / "checkpoint"
    ending, checkpoint = [EndStage(), Break(*place)], TrainingCheckpoint(path, minutes=0)
    with pytest.raises(Broken):
        train(recipe, checkpoint=checkpoint, callbacks=ending)
    same(train(recipe, checkpoint=TrainingCheckpoint(path), callbacks=[EndStage()]), whole)


@pytest.mark.compiled
@pytest.mark.portable
def test_with_the_compiled_optimizer(train, tmp_path):
    path = tmp_path / "checkpoint"
    with pytest.raises(Broken):
        train(None, checkpoint=TrainingCheckpoint(path, minutes=0), callbacks=[Break(1, 2)])
    same(train(None, checkpoint=TrainingCheckpoint(path)), train(None))


def test_a_training_that_had_stopped_does_not_go_on(train, tmp_path):
    path = tmp_path / "checkpoint"
    ended = train(checkpoint=TrainingCheckpoint(path, minutes=0), patience=1)
    assert len(ended[2]) < EPOCHS
    same(train(checkpoint=TrainingCheckpoint(path), patience=1), ended)


def test_what_never_trains_is_not_written(train, tmp_path):
    frozen, all_of_it = tmp_path / "frozen", tmp_path / "all"
    train(Recipe(), checkpoint=TrainingCheckpoint(frozen, minutes=0), epochs=1)
    recipe = Recipe(unfreezing="all")
    train(recipe, checkpoint=TrainingCheckpoint(all_of_it, minutes=0), epochs=1)
    assert 2 * frozen.stat().st_size < all_of_it.stat().st_size


def test_another_training_is_refused(train, tmp_path, begun):
    path = tmp_path / "checkpoint"
    path.write_bytes(begun)
    for changed, told in (
        ({"batch_size": 4}, "batch_size 8 → 4"),
        ({"seed": 2}, "seed 1 → 2"),
        ({"epochs": 4}, "epochs 3 → 4"),
        ({"recipe": replace(RECIPE, l2_sp=0.2)}, "l2_sp 0.1 → 0.2"),
        ({"texts": ["good film"] * 24}, "another training set; another development set"),
    ):
        with pytest.raises(ValueError, match=f"is of another training.*{told}"):
            train(checkpoint=TrainingCheckpoint(path), **changed)
    assert path.read_bytes() == begun


def test_a_length_of_an_earlier_version_is_told_as_options(tmp_path):
    path = tmp_path / "checkpoint"
    for begun, told in (
        ({"epochs": "10"}, "--epochs 10, and --patience 3 if none was said"),  # it chose none
        ({"epochs": "10", "steps": "None"}, "--epochs 10"),
    ):
        facts = {"training": begun, "stopped": False, "history": [], "position": [1, 0]}
        with path.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)))
        with pytest.raises(ValueError, match=rf"epochs 10 → 38. Give what .*with \({told}\), or"):
            TrainingCheckpoint(path).expect({"epochs": "38", "steps": "None"})
        TrainingCheckpoint(path).expect({"epochs": "10", "steps": "None"})


def test_damaged_and_foreign_files_are_refused(train, tmp_path, begun):
    path = tmp_path / "checkpoint"
    for damaged in (begun[: len(begun) // 2], b"", b"labels\n", np.lib.format.MAGIC_PREFIX):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="must hold the checkpoint of a training"):
            train(checkpoint=TrainingCheckpoint(path))


def test_a_full_disk_keeps_the_older_checkpoint(train, tmp_path, begun, monkeypatch, caplog):
    from keras_elmo.training import checkpoint as module

    path = tmp_path / "checkpoint"
    path.write_bytes(begun)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "require_space", full)
    train(checkpoint=TrainingCheckpoint(path, minutes=0))
    assert path.read_bytes() == begun
    assert "No space left on device" in caplog.text
    assert not list(tmp_path.glob("*.unfinished"))


@pytest.mark.portable
def test_training_draws_from_its_seed_alone(train, request):
    """Dropout too: what was drawn before changes nothing, nor does training what is drawn later."""
    torch = pytest.importorskip("torch", reason="its generator is one for all")
    draw = Draw(torch)
    one = train(callbacks=[draw])
    assert torch.equal(torch.get_rng_state(), draw.before)
    same(one, request.getfixturevalue("whole"))
