"""Questions answered from passages: learning, saving, windows, what bad input says."""

import itertools

import keras
import numpy as np
import pytest

from keras_elmo import ElmoQuestionAnswerer
from keras_elmo.batching.pair_batches import WindowBatches
from keras_elmo.runtime.answers import best_spans, find_answers
from keras_elmo.runtime.questions import (
    answer_tokens,
    make_pairs,
    make_rows,
    rows_to_train,
    window_texts,
)
from keras_elmo.tasks.loading import load_task
from keras_elmo.tasks.questions.span_loss import BestSpanF1, SpanLoss, SpanMeasure
from keras_elmo.text.tokenizers import get_tokenizer

SMALL = {
    "lstm_units": 8,
    "modelling_units": 8,
    "mix": "mean",
    "elmo_dropout": 0.0,
    "recurrent_dropout": 0.0,
    "dropout": 0.0,
}
RNG = np.random.default_rng(3)
SPLIT = get_tokenizer("whitespace")


QUESTION = "where good"


def make_questions():
    """Passages of 3 to 12 words, and where "good film" stands, which half of them hold."""
    random = np.random.default_rng(0)
    x, y = [], []
    for i in range(40):
        words = random.choice(["a", "plot", "bad"], size=random.integers(3, 12)).tolist()
        y.append([])
        if i % 2:
            place = int(random.integers(len(words)))
            start = len("".join(f"{word} " for word in words[:place]))
            words.insert(place, "good film")
            y[-1].append((start, start + len("good film")))
        x.append((QUESTION, " ".join(words)))
    return x, y


@pytest.fixture
def questions():
    return make_questions()


@pytest.fixture
def answerer(backbone, preprocessor):
    keras.utils.set_random_seed(1)
    return ElmoQuestionAnswerer(backbone, preprocessor=preprocessor, **SMALL)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return an answerer that knows its questions, and how its training went."""
    from support import small_backbone

    from keras_elmo import ElmoPreprocessor

    keras.utils.set_random_seed(1)
    words = ["<S>", "</S>", "<UNK>", "good", "bad", "film", "plot", "a"]
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8, word_vocabulary=words)
    answerer = ElmoQuestionAnswerer(
        small_backbone()[0], preprocessor=preprocessor, word_embedding_dim=8, **SMALL
    )
    answerer.compile(learning_rate=2e-2)
    x, y = make_questions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_ELMO_CACHE", str(tmp_path_factory.mktemp("cache")))
        history = answerer.fit(x, y, validation_data=(x, y), epochs=12, batch_size=8, verbose=0)
    return answerer, history


@pytest.mark.portable
def test_it_learns(trained, questions):
    answerer, history = trained
    x, y = questions
    assert history.features.startswith("features: ")  # each distinct text once, for both sets
    last = {name: values[-1] for name, values in history.history.items()}
    assert last["val_accuracy"] > 0.9
    assert last["val_best_f1"] >= last["val_f1"] > 0.9
    for (_, passage), spans, found in zip(x, y, answerer.predict(x), strict=True):
        for span in found.spans:
            assert passage[span.start : span.end] == span.text
        if found.answer and spans:
            assert found.answer == found.spans[0].text
    report = answerer.report(x, y)
    assert report["exact_match"] > 0.9
    assert report["has_answer"]["support"] == report["no_answer"]["support"] == 20
    one = answerer.predict(x[1])
    assert one[0].answer == answerer.predict_labels(x)[1]


def test_saved_models_predict_the_same(trained, questions, tmp_path):
    (answerer, _), (x, y) = trained, questions
    answerer.fit_threshold(x, y)
    answerer.save_to_preset(tmp_path / "preset")
    loaded = load_task(tmp_path / "preset")
    assert isinstance(loaded, ElmoQuestionAnswerer)
    assert loaded.get_config() == answerer.get_config()
    for ours, theirs in zip(answerer.predict(x[:6]), loaded.predict(x[:6]), strict=True):
        assert ours.answer == theirs.answer
        np.testing.assert_allclose(
            [span.score for span in ours.spans], [span.score for span in theirs.spans], atol=1e-4
        )


@pytest.mark.portable
def test_a_pair_alone_and_in_a_batch_with_and_without_stored_features(trained, questions):
    answerer = trained[0]
    pairs = make_pairs(questions[0][:5], SPLIT)
    together = answerer.predict(questions[0][:5], batch_size=5)
    alone = answerer.predict([questions[0][0]])[0]
    assert alone.no_answer_probability == pytest.approx(together[0].no_answer_probability, 1e-3)
    rows = make_rows(pairs, 400, 200)
    texts = window_texts(pairs, rows)
    batches = WindowBatches(texts, answerer.preprocessor, answerer.input, batch_size=5)
    direct = keras.ops.convert_to_numpy(answerer.predict_on_batch(batches[0][0]))
    none = 1 / (1 + np.exp(-direct[:, 0].sum(axis=1)))
    expected = [together[i].no_answer_probability for i in batches.rows[0]]
    np.testing.assert_allclose(none, expected, rtol=1e-3)


def test_other_vectors_beside_elmo_and_an_elmo_that_trains(backbone, preprocessor, questions):
    answerer = ElmoQuestionAnswerer(
        backbone, preprocessor=preprocessor, word_embedding_dim=3, **SMALL
    )
    groups = {row.name for row in answerer.parameter_table()}
    assert groups >= {"word_vectors", "head", "word_layer"}
    x, y = questions
    before = np.array(keras.ops.convert_to_numpy(backbone.variables[0]))
    answerer.fit(x[:8], y[:8], epochs=2, batch_size=4, recipe="full", verbose=0)
    after = keras.ops.convert_to_numpy(backbone.variables[0])
    assert np.abs(after - before).max() > 0


def test_whole_documents(trained):
    answerer = trained[0]
    filler = " ".join(["plot"] * 30)
    document, start = f"{filler} good film {filler}", len(filler) + 1
    pair, spans = (QUESTION, document), [(start, start + 9)]
    reader = ElmoQuestionAnswerer.from_config(
        answerer.get_config() | {"window": 12, "window_step": 5, "no_answer_threshold": 1.0}
    )
    reader.set_weights(answerer.get_weights())
    counts = reader.count([pair], [spans])
    rows = make_rows(make_pairs([pair], SPLIT), 12, 5)
    assert counts["windows"] + counts["windows_cut"] == len(rows)
    assert counts["answers_longer_than_windows"] == 0
    [found] = reader.predict([pair], n_best=3)
    assert (found.answer, found.spans[0].start) == ("good film", start)
    assert len(found.spans) == 3
    [nothing] = reader.predict([(QUESTION, filler)])
    assert nothing.no_answer_probability > found.no_answer_probability


def test_an_answer_is_the_best_of_all_spans_of_all_windows():
    text = "a b c d e f g"
    [pair] = make_pairs([("q", text)], SPLIT)
    windows = [(0, 4), (3, 7)]
    scores = [(a, RNG.normal(size=(b - a + 1, 2))) for a, b in windows]
    found = find_answers(pair, scores, n_best=100, max_length=2, threshold=1.0)
    weights = {}
    total = 1.0
    for start, logits in scores:
        odds = np.exp(-logits[0].sum())  # of an answer
        total += odds
        every = np.triu(np.outer(*np.exp(logits[1:]).T))
        for i, j in itertools.combinations_with_replacement(range(len(every)), 2):
            if j < i + 2:
                key = start + i, start + j
                weights[key] = max(odds * every[i, j] / every.sum(), weights.get(key, 0.0))
    ranked = sorted(weights.items(), key=lambda item: -item[1])
    assert found.no_answer_probability == pytest.approx(1 / total)
    words = text.split()
    assert [span.text for span in found.spans] == [
        " ".join(words[i : j + 1]) for (i, j), _ in ranked
    ]
    np.testing.assert_allclose(
        [span.probability for span in found.spans], [weight / total for _, weight in ranked]
    )
    np.testing.assert_allclose(
        [span.score for span in found.spans], [np.log(weight) for _, weight in ranked]
    )
    silent = find_answers(pair, scores, n_best=1, max_length=2, threshold=0.0)
    assert silent.answer == ""
    assert len(silent.spans) == 1


@pytest.mark.parametrize("length", [1, 3, 50])
@pytest.mark.parametrize("count", [1, 4, 200])
def test_best_spans_are_those_of_a_search(length, count):
    logits = RNG.normal(size=(6, 2)).astype("float32")
    every = [
        (i, j, float(logits[i, 0] + logits[j, 1]))
        for i in range(6)
        for j in range(i, min(6, i + length))
    ]
    expected = sorted(every, key=lambda span: -span[2])[:count]
    found = best_spans(logits, count, length)
    assert [span[:2] for span in found] == [span[:2] for span in expected]
    np.testing.assert_allclose([span[2] for span in found], [span[2] for span in expected])


def test_loss_and_measures_by_hand():
    scores = RNG.normal(size=(4, 6, 2)).astype("float32")
    scores[3, 4:] = -1e9  # padding
    gold = np.array([[[1, 2], [2, 2]], [[0, 0], [-1, -1]], [[5, 5], [-1, -1]], [[1, 3], [-1, -1]]])
    losses, exact, overlap, none_shares, best_overlap = [], [], [], [], []
    for s, spans in zip(scores.astype(float), gold, strict=True):
        pairs = list(itertools.combinations_with_replacement(range(1, 6), 2))
        all_spans = sum(np.exp(s[i, 0] + s[j, 1]) for i, j in pairs)
        silent = 1 / (1 + np.exp(-s[0].sum()))
        right = [(a, b) for a, b in spans.tolist() if a >= 0]
        share = sum(np.exp(s[a, 0] + s[b, 1]) for a, b in right) / all_spans
        losses.append(-np.log(silent if right == [(0, 0)] else (1 - silent) * share))
        none_shares.append(silent)
        best = max(((i, j) for i, j in pairs if j < i + 3), key=lambda p: s[p[0], 0] + s[p[1], 1])
        best_overlap.append(0.0 if right == [(0, 0)] else max(_f1(best, span) for span in right))
        chosen = (0, 0) if silent > 0.5 else best
        exact.append(float(chosen in right))
        overlap.append(max(_f1(chosen, span) for span in right))
    found = SpanLoss(reduction="none")(gold, scores)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), losses, rtol=1e-4)
    for name, expected in (("accuracy", exact), ("f1", overlap)):
        measure = SpanMeasure(name, max_length=3)
        measure.update_state(gold, scores)
        assert float(measure.result()) == pytest.approx(np.mean(expected), abs=1e-6)
    best = BestSpanF1(max_length=3, bins=10_000)
    best.update_state(gold[:2], scores[:2])
    best.update_state(gold[2:], scores[2:])
    silent = gold[:, 0, 0] == 0
    by_threshold = [
        np.where(np.array(none_shares) <= threshold, best_overlap, silent).mean()
        for threshold in (-1.0, *none_shares)
    ]
    assert float(best.result()) == pytest.approx(max(by_threshold), abs=1e-6)


def _f1(one, other):
    words, others = (set(range(a, b + 1)) for a, b in (one, other))
    return 2 * len(words & others) / (len(words) + len(others))


def test_windows_that_cut_an_answer_teach_nothing():
    [pair] = make_pairs([("q", "a b c d e f g h")], SPLIT)
    found = answer_tokens(pair, [(4, 9), (5, 7)], 0)  # "c d e", and " d": snapped to "d"
    assert found.spans == [(2, 5), (3, 4)]
    assert found.widened == 1
    rows = make_rows([pair], 4, 2)
    kept, targets, counts = rows_to_train(rows, [[(2, 5)]])
    assert [row[1:] for row in rows] == [(0, 4), (2, 6), (4, 8)]
    assert [row[1:] for row in kept] == [(2, 6)]
    assert targets == [[(1, 3)]]
    assert counts == {"windows": 1, "windows_cut": 2, "answers_longer_than_windows": 0}
    assert rows_to_train(rows, [[(1, 6)]])[2]["answers_longer_than_windows"] == 1
    assert rows_to_train(rows, [[]])[1] == [[(0, 0)]] * 3


def test_records(trained, questions):
    answerer = trained[0]
    [record] = answerer.records(questions[0][:1])
    assert record["question"] == "where good"
    assert record.keys() >= {"passage", "answer", "no_answer_probability", "spans"}
    for span in record["spans"]:
        assert record["passage"][span["start"] : span["end"]] == span["text"]


def test_errors(answerer, backbone):
    for x, y, message in (
        ([("", "a film")], [[]], "the question of pair 0 is empty"),
        ([("who", " ")], [[]], "the passage of pair 0 is empty"),
        ([("who", ["a"])], [[]], "a passage must be a string"),
        (["who"], [[]], r"must hold pairs \(question, passage\)"),
        ([("who", "a film")], [[(2, 9)]], r"from 0 to 6 .* Received: \(2, 9\) in pair 0"),
        ([("who", "a film")], [[(1, 2)]], "pair 0: the characters must touch a token"),
        ([("who", "a film")], [], "1 pairs, 0 lists of answers"),
    ):
        with pytest.raises(ValueError, match=message):
            answerer.fit(x, y, verbose=0)
    with pytest.raises(ValueError, match="no classes to weigh"):
        answerer.fit([("who", "a film")], [[]], class_weight="balanced", verbose=0)
    with pytest.raises(ValueError, match="step=5, size=4"):
        ElmoQuestionAnswerer(backbone, window=4, window_step=5)
