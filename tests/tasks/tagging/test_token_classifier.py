"""The tagger: padding counts nowhere, tags come back for every token."""

import collections
import itertools

import keras
import numpy as np
import pytest

from keras_elmo import ElmoTokenClassifier
from keras_elmo.text.tags import check_tags, read_spans

LABELS = ["O", "B-X", "I-X"]


def tagger(backbone, preprocessor, **arguments):
    settings = {
        "labels": LABELS,
        "lstm_units": 8,
        "elmo_dropout": 0.0,
        "recurrent_dropout": 0.0,
        "dropout": 0.0,
    }
    return ElmoTokenClassifier(backbone, preprocessor=preprocessor, **{**settings, **arguments})


@pytest.fixture
def tagged(reviews):
    words = [sentence.split() for sentence in reviews[0]]
    return words, [["B-X" if word == "good" else "O" for word in row] for row in words]


@pytest.mark.compiled
@pytest.mark.portable_slow
def test_it_learns_a_visible_rule_and_gives_a_tag_a_token(backbone, preprocessor, tagged):
    keras.utils.set_random_seed(1)
    model = tagger(backbone, preprocessor, mix="mean")
    model.compile(learning_rate=1e-2)
    words, tags = tagged
    model.fit(words, tags, epochs=60, batch_size=8, verbose=0)
    predicted = model.predict_labels(words)
    assert [len(row) for row in predicted] == [len(row) for row in words]
    assert np.mean(np.concatenate(predicted) == np.concatenate(tags)) >= 0.95


@pytest.mark.portable
def test_loss_and_accuracy_are_those_of_the_tokens_alone(backbone, preprocessor, tagged):
    model = tagger(backbone, preprocessor, crf=False)
    words, tags = tagged[0][:7], tagged[1][:7]
    targets = [LABELS.index(tag) for row in tags for tag in row]
    probabilities = np.concatenate(model.predict(words))
    loss = -np.mean(np.log(probabilities[np.arange(len(targets)), targets]))
    accuracy = np.mean(probabilities.argmax(axis=1) == targets)
    measured = model.evaluate(words, tags, verbose=0, return_dict=True)
    np.testing.assert_allclose(measured["loss"], loss, rtol=1e-5)
    np.testing.assert_allclose(measured["accuracy"], accuracy, rtol=1e-5)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "scheme",
    [
        pytest.param(None, marks=[pytest.mark.portable_slow, pytest.mark.slow]),
        pytest.param("BIO", marks=pytest.mark.portable),
    ],
)
def test_the_crf_learns_a_rule_and_measures_what_it_predicts(
    backbone, preprocessor, tagged, scheme
):
    keras.utils.set_random_seed(1)
    model = tagger(backbone, preprocessor, mix="mean", crf=True, scheme=scheme)
    model.compile(learning_rate=1e-2)
    words, tags = tagged
    history = model.fit(
        words, tags, validation_data=tagged, epochs=60, batch_size=8, seed=0, verbose=0
    ).history
    assert history["val_loss"][-1] < history["val_loss"][0]
    predicted = model.predict_labels(words)
    assert [len(row) for row in predicted] == [len(row) for row in words]
    assert np.mean(np.concatenate(predicted) == np.concatenate(tags)) >= 0.95
    assert history["val_accuracy"][-1] >= 0.95
    assert model.decode(model.predict(words)) == predicted


@pytest.mark.portable
def test_loss_and_accuracy_of_the_crf(backbone, preprocessor, tagged):
    model = random_crf(backbone, preprocessor)
    words, tags = tagged[0][:7], tagged[1][:7]
    probabilities = model.predict(words)
    assert [row.shape for row in probabilities] == [(len(row), 3) for row in words]
    for row in probabilities:
        np.testing.assert_allclose(row.sum(axis=1), 1.0, atol=1e-5)
    targets = [[LABELS.index(tag) for tag in row] for row in tags]
    loss = 0.0
    transitions = np.asarray(keras.ops.convert_to_numpy(model._tags.crf.transition_scores()))
    for row, ids in zip(model.sentence_outputs(words), targets, strict=True):
        loss -= row["tags_potentials"][range(len(ids)), ids].sum()
        loss -= transitions[ids[:-1], ids[1:]].sum()
    measured = model.evaluate(words, tags, verbose=0, return_dict=True)
    np.testing.assert_allclose(measured["loss"], loss / sum(map(len, words)), rtol=1e-4)
    right = np.concatenate(probabilities).argmax(axis=1) == np.concatenate(targets)
    np.testing.assert_allclose(measured["accuracy"], right.mean(), rtol=1e-5)


def random_crf(backbone, preprocessor, scheme="BIO", **arguments):
    """A tagger whose transitions are not zero, unlike those of a new one."""
    model = tagger(backbone, preprocessor, crf=True, scheme=scheme, **arguments)
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        if "tags" in variable.path:
            variable.assign(random.normal(size=variable.shape) * 2)
    return model


def test_a_sentence_weighs_as_much_as_its_tokens_do_on_average(backbone, preprocessor):
    model = random_crf(backbone, preprocessor)
    words = [["a", "good", "plot"], ["bad", "film"]]
    tags = [["O", "B-X", "I-X"], ["O", "O"]]
    losses = [model.evaluate([w], [t], verbose=0)[0] for w, t in zip(words, tags, strict=True)]
    batches = model.batches(words, tags, class_weight={"B-X": 4.0}, sample_weight=[1.0, 2.0])
    measured = model.evaluate(batches, verbose=0)[0]
    # Weights of the tokens: 1, 4, 1 and 2, 2; each loss is one of a token.
    np.testing.assert_allclose(measured, (6 * losses[0] + 4 * losses[1]) / 10, rtol=1e-4)


def test_entities_have_the_probability_of_all_sequences_with_them(backbone, preprocessor):
    model = random_crf(backbone, preprocessor)
    crf = model._tags.crf
    crf.transitions.assign(crf.transitions + np.array([-2.0, 1.0, 1.0]))  # spans are frequent
    text = " good  plot bad film"
    [found] = model.annotate([text])
    [row] = model.sentence_outputs([found.tokens])
    transitions = np.asarray(keras.ops.convert_to_numpy(crf.transition_scores()))
    expected = collections.Counter()
    for path in itertools.product(range(3), repeat=4):
        score = row["tags_potentials"][range(4), path].sum()
        score += sum(transitions[pair] for pair in itertools.pairwise(path))
        for span in read_spans([LABELS[i] for i in path]):
            expected[span] += np.exp(score)
    assert found.entities
    for entity in found.entities:
        np.testing.assert_allclose(entity.confidence, expected[entity[:3]], rtol=1e-3)
        assert text[entity.start_char : entity.end_char] == entity.text
    [same] = model.annotate([found.tokens])
    assert same.tags == found.tags == model.predict_labels([text])[0]
    assert [entity.start_char for entity in same.entities] == [None] * len(found.entities)
    assert [entity[:3] for entity in same.entities] == [entity[:3] for entity in found.entities]


@pytest.mark.parametrize("scheme", ["BIO", "BIOES"])
@pytest.mark.parametrize("crf", [False, True])
def test_tags_against_the_scheme_are_never_given(backbone, preprocessor, reviews, crf, scheme):
    labels = [
        "O",
        "B-X",
        "I-X",
        "B-Y",
        "I-Y",
        *(["E-X", "S-X", "E-Y", "S-Y"] * (scheme[-1] == "S")),
    ]
    model = tagger(backbone, preprocessor, labels=labels, crf=crf, scheme=scheme)
    random = np.random.default_rng(4)
    for variable in model.trainable_variables:
        if "tags" in variable.path:
            variable.assign(random.normal(size=variable.shape) * 4)
    for tags in model.predict_labels(reviews[0]):
        check_tags(tags, scheme)
    for tags in model.decode(model.predict(reviews[0])):
        check_tags(tags, scheme)


def test_a_crf_trains_by_a_recipe_and_without_stored_features(backbone, preprocessor, tagged):
    for recipe, cache in (("full", True), ("frozen", False), (None, True)):
        model = tagger(backbone, preprocessor, crf=True, scheme="BIO")
        before = model.evaluate(*tagged, verbose=0)[0]
        model.fit(*tagged, epochs=2, recipe=recipe, cache=cache, verbose=0)
        assert model.evaluate(*tagged, verbose=0)[0] < before


def test_crf_errors(backbone, preprocessor):
    model = tagger(backbone, preprocessor, crf=True, scheme="BIO")
    with pytest.raises(ValueError, match=r"sentence 1: tag 1 \('I-X'\) must not stand behind 'O'"):
        model.fit([["a"], ["b", "c"]], [["O"], ["O", "I-X"]])
    with pytest.raises(ValueError, match="a CRF has a loss of its own"):
        model.compile(loss="sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"a tag scheme is one of .* Received: 'IOB'"):
        tagger(backbone, preprocessor, scheme="IOB")
    with pytest.raises(ValueError, match="Received: tag 2, 'E-X'"):
        tagger(backbone, preprocessor, scheme="BIO", labels=["O", "B-X", "E-X"])


def test_a_very_long_sentence_gets_a_batch_of_its_own_and_all_its_tags(backbone, preprocessor):
    model = tagger(backbone, preprocessor)
    words = [["a"] * 5000, ["b"] * 3, ["c"] * 700]
    batches = model.batches(words, [["O"] * len(row) for row in words], batch_size=4)
    assert max(batches[i][1].size for i in range(len(batches))) <= 5008
    assert [len(row) for row in model.predict(words, batch_size=4)] == [5000, 3, 700]


@pytest.mark.compiled
def test_training_meets_batches_of_many_lengths(backbone, preprocessor):
    # The first two batches are of one length: Keras must not take it for the length of all.
    words = [["a"] * 3] * 8 + [["a"] * 40] * 4
    model = tagger(backbone, preprocessor)
    model.fit(words, [["O"] * len(row) for row in words], batch_size=4, shuffle=False, verbose=0)


@pytest.mark.parametrize("crf", [False, True])
def test_saved_models_predict_the_same(backbone, preprocessor, tagged, tmp_path, crf):
    model = (
        random_crf(backbone, preprocessor, scheme="BIO") if crf else tagger(backbone, preprocessor)
    )
    expected = model.predict(tagged[0])
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path / "preset")
    for loaded in (
        keras.saving.load_model(tmp_path / "model.keras"),
        ElmoTokenClassifier.from_preset(tmp_path / "preset"),
    ):
        for a, b in zip(loaded.predict(tagged[0]), expected, strict=True):
            np.testing.assert_array_equal(a, b)
        assert loaded.predict_labels(tagged[0]) == model.predict_labels(tagged[0])


def test_unequal_lengths_and_unknown_tags_are_named(backbone, preprocessor):
    model = tagger(backbone, preprocessor)
    with pytest.raises(ValueError, match="sentence 1 with 2 tokens and 1 tags"):
        model.fit([["a"], ["b", "c"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match=r"sentence 0, tag 1 must be one of.*'B-Y'"):
        model.fit([["a", "b"]], [["O", "B-Y"]])


@pytest.mark.compiled
def test_shapes_of_words_beside_elmo(backbone, preprocessor, tmp_path):
    words = [["Ada", "saw", "Bo"], ["a", "FILM", "in", "1990"]]
    tags = [["B-X" if word[0].isupper() else "O" for word in row] for row in words]
    with pytest.raises(ValueError, match="needs a preprocessor that gives shapes"):
        tagger(backbone, preprocessor, word_shape_dim=4)
    config = preprocessor.get_config() | {"word_shapes": True}
    shapes = type(preprocessor).from_config(config)
    model = tagger(backbone, shapes, word_shape_dim=4, crf=True, scheme="BIO")
    model.compile(learning_rate=3e-2)
    model.fit(words, tags, epochs=60, verbose=0)
    unseen = [["Zoe", "saw", "ROME"]]  # only the shape of a word is known
    assert model.predict_labels(unseen) == [["B-X", "O", "B-X"]]
    model.save_to_preset(tmp_path / "preset")
    loaded = ElmoTokenClassifier.from_preset(tmp_path / "preset")
    np.testing.assert_array_equal(loaded.predict(unseen)[0], model.predict(unseen)[0])


@pytest.mark.parametrize(
    ("labels", "crf", "scheme"),
    [
        (["O", "B-X", "I-X"], True, "BIO"),
        (["O", "B-X", "I-X", "E-X", "S-X"], True, "BIOES"),
        (["U-X", "O"], True, "BILOU"),
        (["O", "I-X"], False, None),  # of IOB1, perhaps: it says so
        (["O", "B-X", "NOUN"], False, None),
        (["NOUN", "VERB"], False, None),
    ],
)
def test_labels_tell_scheme_and_crf(backbone, preprocessor, labels, crf, scheme):
    model = tagger(backbone, preprocessor, labels=labels)
    assert (model.crf, model.scheme) == (crf, scheme)
    plain = tagger(backbone, preprocessor, labels=labels, crf=False, scheme=None)
    assert (plain.crf, plain.scheme) == (False, None)
