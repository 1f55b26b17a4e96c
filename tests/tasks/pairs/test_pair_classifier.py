"""The classifier of pairs: learning, padding, saving, an oracle of its comparison, bad pairs."""

import keras
import numpy as np
import pytest
from support import to_numpy

from keras_elmo import ElmoPairClassifier
from keras_elmo.batching.pair_batches import PairBatches
from keras_elmo.runtime.pairs import make_texts
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.task_labels import TaskLabels

LABELS = ["different", "same"]
CROSS = pytest.mark.parametrize("cross_attention", [False, True], ids=["pooled", "cross"])


def classifier(backbone, preprocessor, **arguments):
    settings = {"labels": LABELS, "lstm_units": 6, "hidden_units": 8}
    settings |= {"elmo_dropout": 0.0, "recurrent_dropout": 0.0, "dropout": 0.0, "mix": "mean"}
    keras.utils.set_random_seed(1)
    return ElmoPairClassifier(backbone, preprocessor=preprocessor, **{**settings, **arguments})


@pytest.fixture
def pairs():
    """Two texts of 1 to 9 words each; the label says whether both or neither have "good" in it."""
    random = np.random.default_rng(0)
    x, y = [], []
    for i in range(24):
        good = (i % 2 == 1, i % 4 > 1)
        sides = []
        for holds in good:
            words = random.choice(["a", "film", "bad"], size=random.integers(1, 9)).tolist()
            sides.append(" ".join(["good", *words] if holds else words))
        x.append(tuple(sides))
        y.append(LABELS[good[0] == good[1]])
    return x, y


@pytest.mark.compiled
@pytest.mark.parametrize(
    "cross_attention",
    [
        pytest.param(False, marks=[pytest.mark.portable_slow, pytest.mark.slow], id="pooled"),
        pytest.param(True, marks=pytest.mark.portable, id="cross"),
    ],
)
def test_it_learns_what_neither_text_tells_alone(backbone, preprocessor, pairs, cross_attention):
    model = classifier(
        backbone, preprocessor, cross_attention=cross_attention, word_embedding_dim=6
    )
    model.compile(learning_rate=2e-2)
    history = model.fit(*pairs, validation_data=pairs, epochs=25, batch_size=8, verbose=0)
    assert history.features.startswith("features: ")
    # Each text by itself tells nothing: half of its pairs are "same".
    assert max(history.history["val_accuracy"]) >= 0.85
    report = model.report(*pairs)
    assert report["accuracy"] == pytest.approx(history.history["val_accuracy"][-1])
    assert TaskLabels.of(type(model).__name__, model.get_config()).kind == "pair"


@pytest.mark.parametrize(
    ("pooling", "cross_attention"),
    [
        pytest.param("last", True, marks=pytest.mark.portable),
        pytest.param("max", False, marks=pytest.mark.portable_slow),
        pytest.param("mean", True, marks=pytest.mark.portable_slow),
        pytest.param("attention", False, marks=pytest.mark.portable),
    ],
)
def test_a_pair_alone_and_in_a_batch_gets_the_same_probabilities(
    backbone, preprocessor, pairs, pooling, cross_attention
):
    model = classifier(
        backbone,
        preprocessor,
        pooling=pooling,
        cross_attention=cross_attention,
        word_embedding_dim=3,
        mix_at_output=True,
    )
    x = [*pairs[0][:5], ("a", "film " * 30), ("film " * 30, "a")]  # each side is padded by others
    together = model.predict(x)
    alone = np.concatenate([model.predict([pair]) for pair in x])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.portable
@CROSS
def test_the_comparison_as_it_is_written_down(backbone, preprocessor, cross_attention):
    # In NumPy, from the vectors of both texts, which are those of the shared encoder.
    model = classifier(backbone, preprocessor, cross_attention=cross_attention)
    [text, other] = encoded = [_encoded(model, side) for side in ("good film", "a bad bad film")]
    if cross_attention:
        scores = text @ other.T
        told = _softmax(scores) @ other, _softmax(scores.T) @ text
        encoded = []
        for own, heard in zip((text, other), told, strict=True):
            parts = np.concatenate([own, heard, own - heard, own * heard], axis=-1)
            hidden = np.maximum(_dense(model, "attention_projection", parts), 0.0)
            encoded.append(to_numpy(model.get_layer("composition")(hidden[None]))[0])
    u, v = (side.max(axis=0) for side in encoded)
    compared = np.concatenate([u, v, np.abs(u - v), u * v])
    hidden = np.maximum(_dense(model, "comparison", compared), 0.0)
    expected = _softmax(_dense(model, "classes", hidden))
    found = model.predict([("good film", "a bad bad film")])[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def _encoded(model, text):
    arrays = model.preprocessor([text])
    features = model.backbone({name: arrays[name] for name in model.backbone.input})
    mixed = model.get_layer("elmo_mix")(features, mask=arrays["padding_mask"])
    return to_numpy(model.get_layer("bilstm_0")(mixed, mask=arrays["padding_mask"]))[0]


def _dense(model, name, x):
    kernel, bias = map(to_numpy, model.get_layer(name).get_weights())
    return x @ kernel + bias


def _softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def test_both_texts_share_all_weights_below_the_comparison(backbone, preprocessor):
    # |u - v| and u · v are the same for (v, u): with the rows of u and v exchanged all is.
    model = classifier(backbone, preprocessor, cross_attention=True)
    kernel, bias = model.get_layer("comparison").get_weights()
    width = len(kernel) // 4
    swapped = np.concatenate([kernel[width : 2 * width], kernel[:width], kernel[2 * width :]])
    before = model.predict([("good film", "a bad film")])
    model.get_layer("comparison").set_weights([swapped, bias])
    np.testing.assert_allclose(model.predict([("a bad film", "good film")]), before, atol=1e-6)


@pytest.mark.portable_slow
def test_training_on_stored_features_is_the_same_training(backbone, preprocessor, pairs):
    trained = []
    for cache in ("float32", False):
        model = classifier(backbone, preprocessor, cross_attention=True, word_embedding_dim=3)
        history = model.fit(*pairs, validation_split=0.2, epochs=2, cache=cache, verbose=0)
        trained.append((history.history["val_loss"], model.predict(pairs[0])))
    for cached, plain in zip(*trained, strict=True):
        np.testing.assert_allclose(cached, plain, rtol=1e-5)


def test_each_distinct_text_is_embedded_once(backbone, preprocessor):
    x = [("a film", "good"), ("a film", "bad film"), ("good", "a film")]
    model = classifier(backbone, preprocessor)
    batches = model.batches(x, ["same", "different", "same"])
    assert isinstance(batches, PairBatches)
    assert sorted(map(tuple, batches.sentences)) == [("a", "film"), ("bad", "film"), ("good",)]
    line = model.fit(x, ["same", "different", "same"], verbose=0).features
    assert line.startswith("features: 5 tokens")


def test_weights_of_classes_reach_the_loss(backbone, preprocessor, pairs):
    model = classifier(backbone, preprocessor)
    x, y = pairs[0][:9], ["different"] * 6 + ["same"] * 3
    batches = model.batches(x, y, class_weight="balanced")
    (_, targets, weights), rows = batches[0], batches.rows[0]
    assert [LABELS[target] for target in targets] == [y[row] for row in rows]
    balanced = np.where(np.array(y) == "different", 9 / (2 * 6), 9 / (2 * 3))
    np.testing.assert_allclose(weights, balanced[rows])


def test_an_elmo_that_trains(backbone, preprocessor, pairs):
    model = classifier(backbone, preprocessor, cross_attention=True)
    before = to_numpy(backbone.variables[0]).copy()
    model.fit(pairs[0][:8], pairs[1][:8], epochs=4, batch_size=4, recipe="slight", verbose=0)
    assert np.abs(to_numpy(backbone.variables[0]) - before).max() > 0


@pytest.mark.portable_slow
def test_saved_models_predict_the_same(backbone, preprocessor, pairs, tmp_path):
    model = classifier(backbone, preprocessor, cross_attention=True, word_embedding_dim=3)
    model.fit(*pairs, verbose=0)
    model.calibrate(*pairs)
    assert model.temperature != 1.0
    expected = model.predict(pairs[0])
    model.save_to_preset(tmp_path / "preset")
    loaded = load_task(tmp_path / "preset")
    assert isinstance(loaded, ElmoPairClassifier)
    assert loaded.get_config() == model.get_config()
    np.testing.assert_allclose(loaded.predict(pairs[0]), expected, rtol=1e-6)
    loaded.fit(*pairs, verbose=0)


def test_token_lists_strings_and_one_pair_alike(backbone, preprocessor):
    model = classifier(backbone, preprocessor)
    as_strings = model.predict([("a good film", "bad film")])
    as_lists = model.predict([(["a", "good", "film"], ["bad", "film"])])
    as_json = model.predict([["a good film", ["bad", "film"]]])
    one = model.predict(("a good film", "bad film"))
    for found in (as_lists, as_json, one):
        np.testing.assert_array_equal(found, as_strings)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (["a film"], "pairs of texts. Received: 'a film' as pair 0"),
        ([("a", "b"), ("a", "b", "c")], "as pair 1"),
        ([7], "Received: 7 as pair 0"),
        ([("a", " ")], "the second text of pair 0 is empty"),
        ([("a", "b"), ([], "b")], "the first text of pair 1 is empty"),
        ([("a", 3)], "a string or a list of tokens"),
    ],
)
def test_bad_pairs_are_named(preprocessor, x, message):
    with pytest.raises(ValueError, match=message):
        make_texts(x, preprocessor)
