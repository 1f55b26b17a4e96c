"""Callbacks of a training in stages do what they do in one call of plain Keras's fit."""

import csv

import keras
import numpy as np
import pytest
from every_task import rates_of, two_classes

from keras_elmo.fine_tuning.groups import LEARNING_RATE
from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.fine_tuning.unfreezing import Stage
from keras_elmo.layers.groups import group_of
from keras_elmo.training.checkpoint import TrainingCheckpoint

TEXTS, LABELS = ["good film", "bad film"], ["p", "n"]
RECIPE = Recipe(unfreezing=[Stage(["head"], 2), Stage(["mix", "head"])])
EPOCHS, SCORES = 4, [5.0, 9.0, 1.0, 2.0]  # the best one in the first stage
BEST = {"monitor": "score", "mode": "max"}
K = keras.callbacks


class Score(keras.callbacks.Callback):
    """The same scores for every model."""

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = SCORES[epoch]


class Record(keras.callbacks.Callback):
    """All that callbacks are told, and the weights at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.events, self.weights = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.events.append(("on_epoch_end", epoch, *sorted(logs)))
        self.weights.append(self.model.get_weights())


def _recorder(name):
    return lambda self, *arguments, logs=None: self.events.append((name, *arguments[:1]))


for _kind in ("train", "test"):
    for _name in (f"on_{_kind}_batch_begin", f"on_{_kind}_batch_end"):
        setattr(Record, _name, _recorder(_name))
    for _name in (f"on_{_kind}_begin", f"on_{_kind}_end"):
        setattr(Record, _name, lambda self, logs=None, name=_name: self.events.append((name,)))
Record.on_epoch_begin = _recorder("on_epoch_begin")


# Without dropout, whose random state Keras does not back up.
def staged(*callbacks, epochs=EPOCHS, task=None, recipe=RECIPE, **options):
    dev = {"validation_data": (TEXTS[:1], LABELS[:1])}
    options = {"batch_size": 1, "verbose": 0} | dev | options
    callbacks = list(callbacks)
    return (task or two_classes()).fit(
        TEXTS, LABELS, epochs=epochs, recipe=recipe, callbacks=callbacks, **options
    )


def plain(*callbacks, epochs=EPOCHS):
    """A plain Keras model on as many batches."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "mse", weighted_metrics=["accuracy"])
    model.run_eagerly = True
    x, y = np.ones((2, 2), "f4"), np.ones((2, 1), "f4")
    dev = {"validation_data": (x[:1], y[:1])}
    callbacks = list(callbacks)
    return model.fit(x, y, **dev, batch_size=1, epochs=epochs, callbacks=callbacks, verbose=0)


def folder_of(train, path):
    (folder := path / train.__name__).mkdir()
    return folder


@pytest.mark.portable
def test_all_that_callbacks_are_told_and_what_they_write(tmp_path):
    found = []
    for train in (staged, plain):
        folder, record = folder_of(train, tmp_path), Record()
        best = {**BEST, "save_best_only": True, "save_weights_only": True}
        history = train(
            Score(),
            record,
            K.CSVLogger(folder / "log.csv"),
            K.ModelCheckpoint(folder / "{epoch}.weights.h5", **best),
            K.ReduceLROnPlateau(**BEST, patience=1, factor=0.5),
        )
        with (folder / "log.csv").open(encoding="utf-8") as file:
            rows = [(row["epoch"], row["score"]) for row in csv.DictReader(file)]
        assert history.model.history is history
        files = sorted(path.name for path in folder.iterdir())
        found.append((record.events, rows, files, history.epoch, history.history["learning_rate"]))
    assert found[0][:-1] == found[1][:-1]
    np.testing.assert_allclose(found[0][-1], found[1][-1], rtol=1e-6)
    assert found[0][1] == [("0", "5.0"), ("1", "9.0"), ("2", "1.0"), ("3", "2.0")]


@pytest.mark.parametrize(
    "schedule", [lambda epoch: 0.01 * 0.5**epoch, lambda epoch, rate: rate * 0.5]
)
def test_patience_and_rates_go_over_all_stages(schedule):
    rates = []
    for train in (staged, plain):
        stop = K.EarlyStopping(**BEST, min_delta=99.0, patience=2)
        history = train(Score(), stop, K.LearningRateScheduler(schedule))
        assert history.epoch == [0, 1, 2]
        rates.append(history.history["learning_rate"])
    np.testing.assert_allclose(*rates, rtol=1e-6)


def test_one_rate_for_all_keeps_their_ratios():
    task = two_classes()
    recipe = Recipe([Stage(["head"], 1), Stage(["bilm_2", "head"])], 1e-3)
    rates = K.LearningRateScheduler(lambda epoch: [0.0, 1e-2][epoch])
    staged(rates, task=task, recipe=recipe, epochs=2)
    assert rates_of(task) == pytest.approx({"head": 1e-2, "bilm_2": 1e-3})


@pytest.mark.portable
def test_the_best_weights_come_from_an_earlier_stage():
    """Also those of what was frozen in it."""
    record, stop = Record(), K.EarlyStopping(**BEST, patience=9, restore_best_weights=True)
    task = two_classes()
    recipe = Recipe(unfreezing=[Stage(["head"], 2), Stage(["bilm_2", "head"])])
    staged(Score(), record, stop, task=task, recipe=recipe, epochs=3)
    assert (stop.best_epoch, stop.best) == (1, 9.0)
    moved = set()
    for variable, best, last in zip(task.weights, *record.weights[1:], strict=True):
        np.testing.assert_array_equal(variable.numpy(), best)
        moved |= {group_of(variable)} if (last != best).any() else set()
    assert moved == {"bilm_2", "head"}


class Crash(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise RuntimeError


@pytest.mark.portable
def test_backup_and_restore_goes_on_exactly(tmp_path):
    """In the first stage, between the two and in the second one."""
    whole, again = two_classes(), two_classes()
    staged(task=whole)
    for epoch in (1, 2, 3):
        crashed = two_classes()
        with pytest.raises(RuntimeError):
            staged(K.BackupAndRestore(tmp_path / "backup"), Crash(epoch), task=crashed)
        assert len(crashed.history.epoch) == 1
    history = staged(K.BackupAndRestore(tmp_path / "backup"), task=again)
    assert history.epoch == [3]
    for one, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not (tmp_path / "backup").exists()
    # The next training begins anew.
    assert staged(task=again, epochs=1, recipe=None).epoch == [0]


def test_a_training_has_one_place_to_go_on_from(tmp_path):
    with pytest.raises(ValueError, match=r"`checkpoint` .*BackupAndRestore"):
        staged(
            K.BackupAndRestore(tmp_path / "backup"),
            checkpoint=TrainingCheckpoint(tmp_path / "checkpoint"),
        )


def test_a_stop_before_the_first_batch():
    class Stop(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.model.stop_training = True

    found, expected = Record(), Record()
    assert staged(Stop(), found).epoch == plain(Stop(), expected).epoch == [0]
    assert found.events == expected.events


def test_the_bar_counts_epochs_of_the_whole(capsys):
    staged(epochs=3, verbose=2)
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("Epoch")] == [
        "Epoch 1/3",
        "Epoch 2/3",
        "Epoch 3/3",
    ]
