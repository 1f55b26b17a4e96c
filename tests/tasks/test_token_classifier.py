"""The tagger: padding counts nowhere, tags come back for every token."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTokenClassifier

LABELS = ["O", "B-X", "I-X"]


def tagger(backbone, preprocessor, **arguments):
    settings = {"labels": LABELS, "lstm_units": 8, "elmo_dropout": 0.0, "dropout": 0.0}
    return ElmoTokenClassifier(backbone, preprocessor=preprocessor, **{**settings, **arguments})


@pytest.fixture
def tagged(reviews):
    words = [sentence.split() for sentence in reviews[0]]
    return words, [["B-X" if word == "good" else "O" for word in row] for row in words]


@pytest.mark.portable
def test_it_learns_a_visible_rule_and_gives_a_tag_a_token(backbone, preprocessor, tagged):
    keras.utils.set_random_seed(1)
    model = tagger(backbone, preprocessor, mix="mean")
    model.compile(learning_rate=1e-2)
    words, tags = tagged
    model.fit(words, tags, epochs=30, batch_size=8, verbose=0)
    predicted = model.predict_labels(words)
    assert [len(row) for row in predicted] == [len(row) for row in words]
    assert np.mean(np.concatenate(predicted) == np.concatenate(tags)) >= 0.95


@pytest.mark.portable
def test_loss_and_accuracy_are_those_of_the_tokens_alone(backbone, preprocessor, tagged):
    model = tagger(backbone, preprocessor)
    words, tags = tagged[0][:7], tagged[1][:7]
    targets = [LABELS.index(tag) for row in tags for tag in row]
    probabilities = np.concatenate(model.predict(words))
    loss = -np.mean(np.log(probabilities[np.arange(len(targets)), targets]))
    accuracy = np.mean(probabilities.argmax(axis=1) == targets)
    measured = model.evaluate(words, tags, verbose=0, return_dict=True)
    np.testing.assert_allclose(measured["loss"], loss, rtol=1e-5)
    np.testing.assert_allclose(measured["accuracy"], accuracy, rtol=1e-5)


def test_a_very_long_sentence_gets_a_batch_of_its_own_and_all_its_tags(backbone, preprocessor):
    model = tagger(backbone, preprocessor)
    words = [["a"] * 5000, ["b"] * 3, ["c"] * 700]
    batches = model.batches(words, [["O"] * len(row) for row in words], batch_size=4)
    assert max(batches[i][1].size for i in range(len(batches))) <= 5008
    assert [len(row) for row in model.predict(words, batch_size=4)] == [5000, 3, 700]


def test_training_meets_batches_of_many_lengths(backbone, preprocessor):
    # The first two batches are of one length: Keras must not take it for the length of all.
    words = [["a"] * 3] * 8 + [["a"] * 40] * 4
    model = tagger(backbone, preprocessor)
    model.fit(words, [["O"] * len(row) for row in words], batch_size=4, shuffle=False, verbose=0)


def test_saved_models_predict_the_same(backbone, preprocessor, tagged, tmp_path):
    model = tagger(backbone, preprocessor)
    expected = model.predict(tagged[0])
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path / "preset")
    for loaded in (
        keras.saving.load_model(tmp_path / "model.keras"),
        ElmoTokenClassifier.from_preset(tmp_path / "preset"),
    ):
        for a, b in zip(loaded.predict(tagged[0]), expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_unequal_lengths_and_unknown_tags_are_named(backbone, preprocessor):
    model = tagger(backbone, preprocessor)
    with pytest.raises(ValueError, match="sentence 1 with 2 tokens and 1 tags"):
        model.fit([["a"], ["b", "c"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match=r"sentence 0, tag 1 must be one of.*'B-Y'"):
        model.fit([["a", "b"]], [["O", "B-Y"]])
