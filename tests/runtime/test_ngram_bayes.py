"""Naive Bayes on n-grams beside a network: against scikit-learn, learning, saving, refusals."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoPairClassifier, ElmoTextClassifier
from keras_elmo.runtime.ngram_bayes import NGramBayes
from keras_elmo.weights.errors import WeightsError

LABELS = ["negative", "positive"]
ANALYSERS = {
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\S+"},
    "characters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
}


def sentences(count, seed):
    """Token lists of three classes that prefer other words."""
    random = np.random.default_rng(seed)
    words = [f"W{i}{'xyz'[i % 3] * (i % 4)}" for i in range(30)]
    ids = random.integers(0, 3, count)
    shares = 1 + 4 * (np.arange(30) // 10 == np.arange(3)[:, None])
    rows = [random.choice(words, random.integers(1, 9), p=shares[k] / shares[k].sum()) for k in ids]
    return [list(map(str, row)) for row in rows], ids


def test_both_tables_are_those_of_scikit_learn():
    """TF-IDF and multinomial naive Bayes, which have the same definitions there."""
    text = pytest.importorskip("sklearn.feature_extraction.text")
    naive_bayes = pytest.importorskip("sklearn.naive_bayes")
    x, y = sentences(80, 0)
    others, _ = sentences(20, 1)
    bayes = NGramBayes.fit(x, y, 3)
    for table in bayes.kinds:
        vectorizer = text.TfidfVectorizer(min_df=2, binary=True, **ANALYSERS[table.kind])
        features = vectorizer.fit_transform(map(" ".join, x))
        model = naive_bayes.MultinomialNB(alpha=0.3, fit_prior=False).fit(features, y)
        logs = vectorizer.transform(map(" ".join, others)) @ model.feature_log_prob_.T
        expected = logs - logs.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(table.scores(others), expected, atol=1e-5)


def test_without_a_weight_the_network_decides_alone_and_with_one_other_sentences_are_told_better():
    x, y = sentences(200, 0)
    bayes = NGramBayes.fit(x, y, 3)
    network = np.random.default_rng(2).dirichlet(np.ones(3), 100).astype("float32")  # knows nothing
    held_out, ids = sentences(100, 3)
    np.testing.assert_allclose(bayes.combine(network, held_out), network, rtol=1e-5)
    bayes.fit_weights(network, held_out, ids)
    others, other_ids = sentences(100, 4)
    found = bayes.combine(network, others)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert np.mean(found.argmax(axis=1) == other_ids) > 0.6
    assert np.mean(network.argmax(axis=1) == other_ids) < 0.45


@pytest.mark.parametrize("rows", [[], [["Never", "seen"]], [[]]], ids=["none", "unknown", "empty"])
def test_what_it_does_not_know_moves_nothing(rows):
    bayes = NGramBayes.fit(*sentences(80, 0), 3)
    np.testing.assert_array_equal(bayes.kinds[0].scores(rows), np.zeros((len(rows), 3)))


def with_ngrams(backbone, preprocessor, reviews):
    keras.utils.set_random_seed(1)
    model = ElmoTextClassifier(backbone, preprocessor=preprocessor, labels=LABELS, lstm_units=4)
    x, y = reviews
    alone = model.predict(x)
    model.add_ngrams(x, y, (x, y))
    assert np.abs(model.predict(x) - alone).max() > 0.2
    return model


@pytest.mark.portable
@pytest.mark.parametrize("saved_as", ["model.keras", "preset"])
def test_a_saved_classifier_has_its_ngrams(backbone, preprocessor, reviews, tmp_path, saved_as):
    model, path = with_ngrams(backbone, preprocessor, reviews), tmp_path / saved_as
    if saved_as == "preset":
        model.save_to_preset(path)
        loaded = ElmoTextClassifier.from_preset(path)
    else:
        model.save(path)
        loaded = keras.saving.load_model(path)
    np.testing.assert_allclose(loaded.predict(reviews[0]), model.predict(reviews[0]), atol=1e-6)
    assert loaded.predict_labels(reviews[0]) == reviews[1]  # which the n-grams alone can know


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: b"", lambda data: b"PK"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "ngrams.npz"
    NGramBayes.fit(*sentences(20, 0), 3).save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WeightsError, match=r"ngrams\.npz must hold what a classifier knows"):
        NGramBayes.load(path, WeightsError)


def test_a_model_without_ngrams_has_no_file_of_them(backbone, preprocessor, tmp_path):
    model = ElmoTextClassifier(backbone, preprocessor=preprocessor, labels=LABELS, lstm_units=4)
    model.save_to_preset(tmp_path / "preset")
    assert not list((tmp_path / "preset").glob("ngrams*"))
    assert ElmoTextClassifier.from_preset(tmp_path / "preset").ngrams is None


@pytest.mark.parametrize(
    ("kind", "arguments", "received"),
    [
        (ElmoTextClassifier, {"multi_label": True}, "several labels"),
        (ElmoPairClassifier, {}, "pairs of texts"),
    ],
)
def test_several_labels_and_pairs_are_refused(backbone, preprocessor, kind, arguments, received):
    model = kind(backbone, preprocessor=preprocessor, labels=LABELS, lstm_units=4, **arguments)
    with pytest.raises(ValueError, match=f"one label of one text. Received: {received}"):
        model.add_ngrams(["a"], ["positive"], (["b"], ["negative"]))


@pytest.mark.parametrize("held_out", [([], []), (["a"], []), (["a"], ["positive"] * 2)])
def test_a_development_set_needs_sentences_and_their_labels(backbone, preprocessor, held_out):
    model = ElmoTextClassifier(backbone, preprocessor=preprocessor, labels=LABELS, lstm_units=4)
    with pytest.raises(ValueError, match="of the same length and not empty"):
        model.add_ngrams(["a"], ["positive"], held_out)
    assert model.ngrams is None


def test_what_it_knew_stays_where_other_labels_are_refused(backbone, preprocessor, reviews):
    model = with_ngrams(backbone, preprocessor, reviews)
    before = model.predict(reviews[0])
    with pytest.raises(ValueError, match="unheard of"):
        model.add_ngrams(*reviews, (["a"], ["unheard of"]))
    np.testing.assert_array_equal(model.predict(reviews[0]), before)
