"""Data sets and generators of texts: what they bring is what lists would have brought."""

import keras
import numpy as np
import pytest
from support import small_backbone

from keras_elmo import (
    ElmoPairClassifier,
    ElmoPreprocessor,
    ElmoQuestionAnswerer,
    ElmoTextClassifier,
    ElmoTokenClassifier,
)
from keras_elmo.tasks.text_data import gives_batches, gives_texts, read_data

X = ["a joy", "two lost hours", "great film", "dull", "fine"]
Y = ["pos", "neg", "pos", "neg", "pos"]
WEIGHTS = [1.0, 0.5, 2.0, 0.25, 1.5]
TOKENS = [text.split() for text in X]


class Sequence(keras.utils.PyDataset):
    """Batches of two rows, of lists or of arrays."""

    def __init__(self, *columns, form=list):
        super().__init__()
        self.columns, self.form = columns, form

    def __len__(self):
        return -(-len(self.columns[0]) // 2)

    def __getitem__(self, index):
        rows = slice(2 * index, 2 * index + 2)
        return tuple(self.form(column[rows]) for column in self.columns)


def batched(*columns):
    return (tuple(part[i : i + 2] for part in columns) for i in range(0, len(columns[0]), 2))


def tensorflow():
    return pytest.importorskip("tensorflow")


def of_tensors(*columns, size=2):
    data = tensorflow().data.Dataset.from_tensor_slices(columns)
    return data.batch(size) if size else data


FORMS = {
    "PyDataset": Sequence,
    "PyDataset of arrays": lambda *columns: Sequence(*columns, form=np.array),
    "generator of batches": batched,
    "generator of rows": lambda *columns: zip(*columns, strict=True),
    "tf.data of batches": of_tensors,
    "tf.data of rows": lambda *columns: of_tensors(*columns, size=None),
}


def task(kind, **arguments):
    backbone = small_backbone(max_characters_per_token=8)[0]
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
    plain = {"lstm_units": 3, "dropout": 0.0, "elmo_dropout": 0.0, "recurrent_dropout": 0.0}
    made = kind(backbone, preprocessor=preprocessor, **plain | arguments)
    made.compile(run_eagerly=True)
    return made


def seen(batches):
    return [batches[i] for i in range(len(batches))]


def check_same(found, wanted):
    for a, b in zip(keras.tree.flatten(seen(found)), keras.tree.flatten(seen(wanted)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("form", FORMS)
def test_sentences_labels_and_weights_come_along(form):
    model = task(ElmoTextClassifier, labels=["neg", "pos"])
    check_same(
        model.batches(FORMS[form](X, Y, WEIGHTS)), model.batches(X, Y, sample_weight=WEIGHTS)
    )
    check_same(model.batches(FORMS[form](X, Y)), model.batches(X, Y))


@pytest.mark.parametrize("form", [form for form in FORMS if "generator" not in form])
def test_every_verb_takes_them(form):
    model, make = task(ElmoTextClassifier, labels=["neg", "pos"]), FORMS[form]
    wanted = model.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0)
    assert model.evaluate(make(X, Y, WEIGHTS), verbose=0) == pytest.approx(wanted)
    np.testing.assert_allclose(model.predict(make(X, Y)), model.predict(X), atol=1e-6)
    assert model.predict_labels(make(X)) == model.predict_labels(X)
    history = model.fit(
        make(X, Y, WEIGHTS), validation_data=make(X, Y), verbose=0, cache=False, epochs=2
    )
    assert len(history.history["val_loss"]) == 2
    model.calibrate(make(X, Y), None)


def test_a_data_set_may_give_texts_alone():
    class Alone(Sequence):
        def __getitem__(self, index):
            return super().__getitem__(index)[0]

    model = task(ElmoTextClassifier, labels=["neg", "pos"])
    np.testing.assert_allclose(model.predict(Alone(X)), model.predict(X), atol=1e-6)
    assert model.predict_labels(Alone(X)) == model.predict_labels(X)
    assert not gives_texts(Alone([]))


def test_tokens_are_a_batch_of_two_axes_or_ragged():
    tf = tensorflow()
    tags = [["O", "B"], ["O", "O", "B"], ["B", "O"], ["O"], ["B"]]
    model = task(ElmoTokenClassifier, labels=["O", "B"])
    wanted = model.batches(TOKENS, tags)
    both = tf.ragged.constant(TOKENS), tf.ragged.constant(tags)
    check_same(model.batches(tf.data.Dataset.from_tensor_slices(both).batch(2)), wanted)
    check_same(model.batches(Sequence(TOKENS, tags)), wanted)
    check_same(model.batches(batched(TOKENS, tags)), wanted)


def test_pairs_are_two_tensors_and_questions_a_dict():
    tf = tensorflow()
    other = list(reversed(X))
    model = task(ElmoPairClassifier, labels=["neg", "pos"], hidden_units=3)
    wanted = model.batches(list(zip(X, other, strict=True)), Y)
    for size in (2, None):
        data = tf.data.Dataset.from_tensor_slices(((X, other), Y))
        check_same(model.batches(data.batch(size) if size else data), wanted)

    questions = [("What ?", text) for text in X]
    answerer = task(ElmoQuestionAnswerer, modelling_units=3)
    columns = {"question": ["What ?"] * len(X), "context": X}
    data = tf.data.Dataset.from_tensor_slices(columns)
    for given in (data, data.batch(2)):
        found = [answer.spans for answer in answerer.predict(given)]
        assert found == [answer.spans for answer in answerer.predict(questions)]


def test_a_squad_file_is_taken_as_it_was_read():
    rows = [
        {"id": "1", "question": "Who ?", "answers": [{"text": "Ada", "answer_start": 0}]},
        {"id": "2", "question": "Where ?", "answers": [], "is_impossible": True},
    ]
    file = {"data": [{"title": "t", "paragraphs": [{"context": "Ada signs it .", "qas": rows}]}]}
    answerer = task(ElmoQuestionAnswerer, modelling_units=3)
    pairs = [("Who ?", "Ada signs it ."), ("Where ?", "Ada signs it .")]
    check_same(answerer.batches(file), answerer.batches(pairs, [[(0, 3)], []]))
    flat = [{"context": "Ada signs it .", **row} for row in rows]
    check_same(answerer.batches(flat), answerer.batches(pairs, [[(0, 3)], []]))
    assert answerer.count(file)["unanswerable"] == 1
    rows[0]["answers"][0]["answer_start"] = 4
    with pytest.raises(ValueError, match=r"must stand at its place.*'Ada' at 4 in pair 0"):
        answerer.batches(file)


def test_what_has_no_end_is_refused():
    model = task(ElmoTextClassifier, labels=["neg", "pos"])
    with pytest.raises(ValueError, match=r"must have an end.*Leave `repeat` out"):
        model.fit(of_tensors(X, Y).repeat(), verbose=0)

    class Endless(Sequence):
        @property
        def num_batches(self):
            return None

    with pytest.raises(ValueError, match=r"must have an end.*Give it `__len__`"):
        model.fit(Endless(X, Y), verbose=0)


def test_other_mistakes_are_told():
    model = task(ElmoTextClassifier, labels=["neg", "pos"])
    with pytest.raises(ValueError, match="brings labels and weights of its own"):
        model.fit(Sequence(X, Y), sample_weight=WEIGHTS, verbose=0)
    with pytest.raises(ValueError, match="a data set must give x"):
        model.fit(Sequence(X, Y, WEIGHTS, WEIGHTS), verbose=0)
    with pytest.raises(ValueError, match="give sentences and labels"):
        model.fit(Sequence(X), verbose=0)


def test_arrays_stay_keras_s():
    model = task(ElmoTextClassifier, labels=["neg", "pos"])
    batches = model.batches(X, Y)
    assert gives_batches(batches)
    assert not gives_texts(batches)
    arrays = Sequence(np.zeros((4, 2)), np.zeros(4), form=np.array)
    assert gives_batches(arrays)
    numbers = of_tensors(np.zeros((4, 2)), np.zeros(4))
    assert gives_batches(numbers)
    assert not gives_batches(X)
    assert not gives_batches(of_tensors(X, Y))
    assert read_data(Sequence(X, Y)) == (X, Y, None)
