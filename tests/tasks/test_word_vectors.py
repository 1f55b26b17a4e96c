"""Word vectors beside ELMo: whose rows train, words that `fit` adds, and files that keep them."""

import json

import h5py
import keras
import numpy as np
import pytest
from support import small_backbone, to_numpy, without_checksums

from keras_elmo import ElmoPairClassifier, ElmoQuestionAnswerer, ElmoTextClassifier
from keras_elmo.data.datasets import Dataset
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.word_vectors import load_word_vectors
from keras_elmo.fine_tuning.lazy_adam import LazyAdam
from keras_elmo.pretraining.export import export_preset
from keras_elmo.text.vocabulary import MARKS
from keras_elmo.training.checkpoint import TrainingCheckpoint
from keras_elmo.workflows.building import build_task

LABELS = ["negative", "positive"]
HEAD = {"lstm_units": 2, "elmo_dropout": 0.0, "recurrent_dropout": 0.0, "dropout": 0.0}
# "plot" and "dull" occur twice and have no vector, "once" is rare, "zinc" never occurs.
TEXTS = ["Good plot", "good film once", "dull plot", "a bad dull film"]
Y = ["positive", "positive", "negative", "negative"]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    words = [*MARKS, "good", "bad", "film", "zinc", "a"]
    folder = tmp_path_factory.mktemp("elmo") / "preset"
    export_preset(ElmoLanguageModel(small_backbone()[0], len(words)), folder, vocabulary=words)
    return folder


def from_preset(preset, **arguments):
    keras.utils.set_random_seed(1)
    task = ElmoTextClassifier.from_preset(
        preset, labels=LABELS, word_vectors="elmo", **HEAD, **arguments
    )
    task.compile(run_eagerly=True)
    return task


def fit(task, epochs=2, **arguments):
    return task.fit(TEXTS, Y, batch_size=2, epochs=epochs, cache=False, verbose=0, **arguments)


def table_of(task):
    return np.array(to_numpy(task.word_vectors.embeddings))


@pytest.mark.parametrize("recipe", [None, "frozen"])
def test_the_rows_of_the_training_words_train(preset, recipe):
    task = from_preset(preset, new_words=3)
    before = table_of(task)
    assert isinstance(task.optimizer, LazyAdam)
    fit(task, recipe=recipe)
    words = task.preprocessor.word_vocabulary.tokens
    assert words == (*MARKS, "good", "bad", "film", "zinc", "a", "dull", "plot")
    assert task.encoder.new_words == 1
    changed = np.abs(table_of(task) - before).max(axis=1) > 0
    names = [None, *words, None]  # padding, and the row that is left
    trained = {"<UNK>", "good", "bad", "film", "a", "dull", "plot"}
    assert [name for name, has in zip(names, changed, strict=True) if has] == [
        name for name in names if name in trained
    ]
    # Another training finds the same words, and a row that is left.
    task.fit(["zest zest", "a film"], Y[1:3], cache=False, verbose=0)
    assert task.preprocessor.word_vocabulary.tokens == (*words, "zest")
    assert task.encoder.new_words == 0


def test_from_python_and_from_the_command_line_the_same_model_is_built(preset):
    ours = from_preset(preset)
    dataset = Dataset("reviews.csv", "classification", TEXTS, Y, list(range(4)))
    keras.utils.set_random_seed(1)
    elmo = [kind.from_preset(preset) for kind in (type(ours.backbone), ElmoPreprocessor)]
    theirs = build_task(dataset, *elmo, LABELS, word_vectors=load_word_vectors(preset), **HEAD)
    theirs.compile(run_eagerly=True)
    for task in (ours, theirs):
        fit(task)
    assert ours.preprocessor.get_config() == theirs.preprocessor.get_config()
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_distinct_text_of_pairs_and_questions_counts(preset):
    preprocessor = ElmoPreprocessor.from_preset(preset, word_vocabulary=[*MARKS, "film"])
    arguments = {"preprocessor": preprocessor, "word_embedding_dim": 2, "new_words": 9}
    pairs = [("old film", "new plot"), ("old film", "new joy"), ("old film", "lost joy")]
    task = ElmoPairClassifier(small_backbone()[0], labels=LABELS, **arguments, **HEAD)
    task.prepare(task.tokenize(pairs), None)
    assert task.preprocessor.word_vocabulary.tokens == (*MARKS, "film", "joy", "new")
    task = ElmoQuestionAnswerer(small_backbone()[0], modelling_units=2, **arguments, **HEAD)
    task.prepare(task.tokenize(pairs), [[]] * 3)
    assert task.preprocessor.word_vocabulary.tokens == (*MARKS, "film", "joy", "new")


def test_saved_and_loaded_it_goes_on_as_if_it_had_not_been(preset, tmp_path):
    task = from_preset(preset, new_words=3)
    fit(task, 1)
    task.save(tmp_path / "task.keras")
    task.save_to_preset(tmp_path / "task")
    again = keras.models.load_model(tmp_path / "task.keras")
    plain = ElmoTextClassifier.from_preset(tmp_path / "task")
    assert plain.encoder.new_words == again.encoder.new_words == task.encoder.new_words == 1
    np.testing.assert_array_equal(table_of(plain), table_of(task))
    assert isinstance(again.optimizer, LazyAdam)
    for one in (task, again):
        one.run_eagerly = True
        fit(one, 2, initial_epoch=1)
    for one, other in zip(task.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class Break(keras.callbacks.Callback):
    """A power cut in the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_an_interrupted_training_ends_with_the_same_weights(preset, tmp_path):
    path = tmp_path / "checkpoint"
    broken = TrainingCheckpoint(path, minutes=0)
    with pytest.raises(KeyboardInterrupt):
        fit(from_preset(preset), checkpoint=broken, callbacks=[Break()])
    resumed, whole = from_preset(preset), from_preset(preset)
    fit(resumed, checkpoint=TrainingCheckpoint(path))
    fit(whole)
    assert resumed.preprocessor.get_config() == whole.preprocessor.get_config()
    for one, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_task_of_a_version_in_which_only_the_first_rows_trained(preset, tmp_path):
    task = from_preset(preset, new_words=0)
    task.save_to_preset(tmp_path / "task")
    without_checksums(tmp_path / "task")
    path = tmp_path / "task" / "task.json"
    described = json.loads(path.read_text())
    assert described["config"].pop("new_words") == 0
    described["config"]["trained_words"] = 4
    path.write_text(json.dumps(described))
    with h5py.File(tmp_path / "task" / "task.weights.h5", "a") as file:
        store = file["layers/word_table/vars"]
        table = store["0"][...]
        del store["0"]
        store["0"], store["1"] = np.split(table, [5])
    again = ElmoTextClassifier.from_preset(tmp_path / "task")
    np.testing.assert_array_equal(table_of(again), table_of(task))
    np.testing.assert_array_equal(again.predict(TEXTS, verbose=0), task.predict(TEXTS, verbose=0))


@pytest.mark.parametrize("wrong", [{"new_words": -1}, {"new_words": 5, "word_embedding_dim": None}])
def test_rows_that_cannot_be(wrong):
    with pytest.raises(ValueError, match="`new_words` must be the number of words"):
        ElmoTextClassifier(small_backbone()[0], labels=LABELS, **{"word_embedding_dim": 2} | wrong)
