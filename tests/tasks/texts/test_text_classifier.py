"""The classifier on raw sentences: learning, padding, saving, bad labels."""

import re
import subprocess
import sys
import textwrap

import h5py
import keras
import numpy as np
import pytest
from support import without_checksums

from keras_elmo import ElmoTextClassifier
from keras_elmo.embedding.store.settings import show_bytes

LABELS = ["negative", "positive"]


def classifier(backbone, preprocessor, **arguments):
    settings = {
        "labels": LABELS,
        "lstm_units": 8,
        "elmo_dropout": 0.0,
        "recurrent_dropout": 0.0,
        "dropout": 0.0,
    }
    return ElmoTextClassifier(backbone, preprocessor=preprocessor, **{**settings, **arguments})


@pytest.mark.compiled
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(
            {"mix": "concat", "pooling": "last", "num_layers": 2},
            marks=[pytest.mark.portable_slow, pytest.mark.slow],
            id="concat-last",
        ),
        pytest.param(
            {"mix": "scalar", "pooling": "attention", "mix_at_output": True},
            marks=pytest.mark.portable,
            id="scalar-attention",
        ),
    ],
)
def test_it_learns_a_visible_rule(backbone, preprocessor, reviews, arguments):
    keras.utils.set_random_seed(1)
    model = classifier(backbone, preprocessor, **arguments)
    model.compile(learning_rate=1e-2)
    x, y = reviews
    model.fit(x, y, epochs=120, batch_size=8, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] >= 0.9
    right = [a == b for a, b in zip(model.predict_labels(x), y, strict=True)]
    assert np.mean(right) >= 0.9


@pytest.mark.parametrize(
    "pooling",
    [
        pytest.param("last", marks=pytest.mark.portable),
        pytest.param("max", marks=pytest.mark.portable_slow),
        pytest.param("mean", marks=pytest.mark.portable_slow),
        pytest.param("attention", marks=pytest.mark.portable_slow),
    ],
)
def test_a_sentence_alone_and_in_a_batch_gets_the_same_probabilities(
    backbone, preprocessor, reviews, pooling
):
    model = classifier(backbone, preprocessor, pooling=pooling, word_embedding_dim=3)
    together = model.predict(reviews[0][:6])
    alone = np.concatenate([model.predict([sentence]) for sentence in reviews[0][:6]])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_predictions_stay_in_the_order_given_and_empty_sentences_are_legal(backbone, preprocessor):
    model = classifier(backbone, preprocessor)
    sentences = ["a " * n for n in (9, 1, 0, 30, 2, 17)]
    together = model.predict(sentences, batch_size=2)
    alone = np.concatenate([model.predict([sentence]) for sentence in sentences])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@pytest.mark.compiled
def test_multi_label_gives_each_label_its_own_probability(backbone, preprocessor, reviews):
    keras.utils.set_random_seed(1)
    model = classifier(backbone, preprocessor, multi_label=True)
    model.compile(learning_rate=1e-2)
    y = [["positive", "negative"] if label == "positive" else [] for label in reviews[1]]
    model.fit(reviews[0], y, epochs=120, batch_size=8, verbose=0)
    found = model.predict_labels(reviews[0])
    assert np.mean([set(a) == set(b) for a, b in zip(found, y, strict=True)]) >= 0.9


def test_the_weights_of_classes_and_samples_reach_the_loss(backbone, preprocessor, reviews):
    model = classifier(backbone, preprocessor)
    x, y = reviews[0][:9], ["negative"] * 6 + ["positive"] * 3
    batches = model.batches(x, y, class_weight="balanced", sample_weight=np.arange(9.0))
    (_, targets, weights), rows = batches[0], batches.rows[0]
    balanced = np.where(np.array(y) == "negative", 9 / (2 * 6), 9 / (2 * 3))
    np.testing.assert_allclose(weights, (balanced * np.arange(9))[rows])
    assert [LABELS[t] for t in targets] == [y[row] for row in rows]
    by_name = model.batches(x, y, class_weight={"positive": 5.0})[0][2]
    np.testing.assert_allclose(by_name, np.where(np.array(y) == "positive", 5.0, 1.0)[rows])


@pytest.mark.portable_slow
@pytest.mark.parametrize(("cache", "tolerance"), [("float32", 1e-5), ("float16", 5e-3)])
def test_training_on_cached_features_is_the_same_training(
    backbone, preprocessor, reviews, cache, tolerance
):
    trained = []
    for choice in (cache, False):
        keras.utils.set_random_seed(1)
        model = classifier(
            backbone,
            preprocessor,
            elmo_dropout=0.3,
            word_embedding_dim=3,
            word_embedding_dropout=0.3,
            mix_at_output=True,
        )
        history = model.fit(*reviews, validation_split=0.2, epochs=3, cache=choice, verbose=0)
        trained.append((history.history["val_loss"], model.predict(reviews[0])))
    for cached, plain in zip(*trained, strict=True):
        np.testing.assert_allclose(cached, plain, rtol=tolerance)


def test_features_are_computed_once_for_all_runs(backbone, preprocessor, reviews, capsys):
    tokens = sum(len(sentence.split()) for sentence in reviews[0])
    lines = []
    for labels in (reviews[1], reviews[1][::-1]):
        model = classifier(backbone, preprocessor)
        lines.append(model.fit(reviews[0], labels, epochs=3, verbose=2).features)
    size = show_bytes(tokens * 3 * 8 * 2)  # layers, features, float16
    start = f"features: {tokens} tokens, {size}, "
    assert re.fullmatch(rf"{start}computed in \d+ s, reused 2 epochs", lines[0])
    assert lines[1] == f"{start}found on disk, used 3 epochs"
    assert lines[1] in capsys.readouterr().out
    assert not hasattr(model.fit(*reviews, epochs=1, cache=False, verbose=0), "features")
    for variable in backbone.weights:  # other weights: other features
        variable.assign(variable * 2)
    assert "computed" in model.fit(*reviews, epochs=1, verbose=0).features


def test_without_a_disk_features_stay_in_memory(
    backbone, preprocessor, reviews, monkeypatch, tmp_path, caplog
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KERAS_ELMO_CACHE", str(tmp_path / "file"))
    history = classifier(backbone, preprocessor).fit(*reviews, epochs=2, verbose=0)
    assert "computed in" in history.features
    assert "features cannot be kept on disk" in caplog.text
    assert "Held in memory" in caplog.text
    monkeypatch.setattr("keras_elmo.training.feature_cache.MEMORY_LIMIT", 100)
    classifier(backbone, preprocessor).fit(*reviews, epochs=1, verbose=0)
    assert "ELMo runs in every epoch" in caplog.text


def test_validation_split_holds_out_a_seeded_share(backbone, preprocessor, reviews):
    model = classifier(backbone, preprocessor)
    stop = keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)
    history = model.fit(*reviews, validation_split=0.25, callbacks=[stop], verbose=0).history
    assert "val_accuracy" in history
    with pytest.raises(ValueError, match="validation_split"):
        model.fit(["a", "b"], ["negative", "positive"], validation_split=0.1, verbose=0)


def test_word_vectors_fill_the_rows_of_known_words(backbone, preprocessor):
    model = classifier(backbone, preprocessor, word_embedding_dim=2)
    vectors = np.array([[1, 2], [3, 4], [5, 9]], dtype=np.float32)
    assert model.set_word_vectors(["film", "good", "unheard"], vectors) == 2
    table = model.word_vectors.embeddings.numpy()
    words = preprocessor.word_vocabulary.tokens
    np.testing.assert_allclose(table[1 + words.index("film")], [1, 2])
    np.testing.assert_allclose(table[1 + words.index("good")], [3, 4])
    np.testing.assert_allclose(table[1 + words.index("bad")], [3, 5])  # the mean
    with pytest.raises(ValueError, match=r"shape \(words, 2\)"):
        model.set_word_vectors(["film"], np.zeros((1, 3)))


@pytest.mark.portable
def test_saved_models_predict_the_same(backbone, preprocessor, reviews, tmp_path):
    model = classifier(backbone, preprocessor, trainable_elmo=True, word_embedding_dim=3)
    model.fit(*reviews, verbose=0)
    expected = model.predict(reviews[0])
    model.save(tmp_path / "model.keras")
    model.save_to_preset(tmp_path / "preset")
    for loaded in (
        keras.saving.load_model(tmp_path / "model.keras"),
        ElmoTextClassifier.from_preset(tmp_path / "preset"),
    ):
        np.testing.assert_array_equal(loaded.predict(reviews[0]), expected)
        assert loaded.labels == LABELS
        assert len(loaded.trainable_variables) == len(model.trainable_variables)
        loaded.fit(*reviews, verbose=0)


@pytest.mark.portable_slow
def test_elmo_is_saved_once_and_older_presets_that_held_it_twice_load(
    backbone, preprocessor, reviews, tmp_path
):
    model = classifier(backbone, preprocessor)
    model.save_to_preset(tmp_path / "preset")
    without_checksums(tmp_path / "preset")
    path = tmp_path / "preset" / "task.weights.h5"
    items = []
    with h5py.File(path) as file:
        file.visititems(lambda _, item: items.append(item))  # None: go on
        saved = sorted(item.shape for item in items if isinstance(item, h5py.Dataset))
    head = [v for v in model.weights if all(v is not w for w in model.backbone.weights)]
    assert saved == sorted(tuple(v.shape) for v in head)
    model.save_weights(path)  # with ELMo, as before
    loaded = ElmoTextClassifier.from_preset(tmp_path / "preset")
    np.testing.assert_array_equal(loaded.predict(reviews[0]), model.predict(reviews[0]))


@pytest.mark.compiled
def test_a_new_process_loads_the_preset_and_predicts_the_same(
    backbone, preprocessor, reviews, tmp_path
):
    model = classifier(backbone, preprocessor)
    model.save_to_preset(tmp_path / "preset")
    np.save(tmp_path / "expected.npy", model.predict(reviews[0]))
    program = f"""
        import numpy as np, keras_elmo
        model = keras_elmo.ElmoTextClassifier.from_preset({str(tmp_path / "preset")!r})
        expected = np.load({str(tmp_path / "expected.npy")!r})
        np.testing.assert_array_equal(model.predict({reviews[0]!r}), expected)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def test_a_loaded_model_goes_on_training_as_the_saved_one(backbone, preprocessor, tmp_path):
    # Of one length: the graph of a first batch of another length rounds in another way, and Adam
    # makes whole steps of the rounding of gradients near 0.
    reviews = [f"a {word} film" for word in ["good", "bad", "great", "dull"]] * 6, LABELS[::-1] * 12
    model = classifier(backbone, preprocessor, trainable_elmo=True)
    model.fit(*reviews, verbose=0, shuffle=False)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, loaded):  # the moments of both optimizers were saved too
        one.fit(*reviews, verbose=0, shuffle=False)
    for a, b in zip(model.weights, loaded.weights, strict=True):
        if "seed" not in a.path:
            np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-6)


def test_without_a_preprocessor_it_is_a_plain_keras_model(backbone, preprocessor, reviews):
    model = classifier(backbone, None)
    arrays = preprocessor(reviews[0])
    del arrays["word_ids"]
    y = np.array([LABELS.index(label) for label in reviews[1]])
    model.fit(arrays, y, batch_size=16, validation_split=0.25, verbose=0)
    assert model.predict(arrays, verbose=0).shape == (len(reviews[0]), 2)
    assert 0 <= model.evaluate(arrays, y, verbose=0)[1] <= 1


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["negative", "unheard"], "one of the model's labels: 'negative', 'positive'.*'unheard'"),
        (["negative"], "2 sentences, 1 labels"),
        ([2, 0], "Received: 2"),
        (None, "Received: no `y`"),
    ],
)
def test_bad_labels_are_named(backbone, preprocessor, y, message):
    with pytest.raises(ValueError, match=message):
        classifier(backbone, preprocessor).fit(["a", "b"], y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ["one"]}, "at least two different classes"),
        ({"labels": None}, "`labels`, or `num_classes`"),
        ({"pooling": "median"}, "'last', 'max', 'mean', 'attention'"),
        ({"mix": "median"}, "'concat', 'mean', 'top', 'scalar'"),
        ({"mix": 7}, "does not have"),
    ],
)
def test_bad_arguments_are_named(backbone, preprocessor, arguments, message):
    with pytest.raises(ValueError, match=message):
        classifier(backbone, preprocessor, **arguments)


def test_an_existing_folder_is_not_overwritten_unless_asked(backbone, preprocessor, tmp_path):
    model = classifier(backbone, preprocessor)
    (tmp_path / "here").mkdir()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save_to_preset(tmp_path / "here")
    model.save_to_preset(tmp_path / "here", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


def test_calibration_changes_no_label_and_is_saved(backbone, preprocessor, reviews, tmp_path):
    model = classifier(backbone, preprocessor)
    x, y = reviews
    model.fit(x, y, epochs=3, batch_size=8, verbose=0)
    before, labels = model.predict(x), model.predict_labels(x)
    model.calibrate(x, y)
    after = model.predict(x)
    ids = model.label_encoder.encode(y)

    def likelihood(shares):
        return np.log(shares[range(len(ids)), ids]).mean()

    assert model.temperature != 1.0
    assert likelihood(after) > likelihood(before)
    assert model.predict_labels(x) == labels
    model.calibrate(x, y)  # from the raw ones, not from those of the last time
    np.testing.assert_allclose(model.predict(x), after, rtol=1e-5)
    model.save_to_preset(tmp_path / "model")
    loaded = ElmoTextClassifier.from_preset(tmp_path / "model")
    np.testing.assert_allclose(loaded.predict(x), after, rtol=1e-5)


def test_thresholds_of_several_labels(backbone, preprocessor, reviews):
    model = classifier(backbone, preprocessor, labels=["good", "film"], multi_label=True)
    x = reviews[0]
    y = [[label for label in ("good", "film") if label in text.split()] for text in x]
    model.fit(x, y, epochs=5, batch_size=8, verbose=0)
    model.calibrate(x, y)
    assert len(model.thresholds) == 2

    def f1(label, threshold=None):
        found = [label in labels for labels in model.predict_labels(x, threshold=threshold)]
        gold = [label in labels for labels in y]
        return 2 * sum(map(min, found, gold)) / (sum(found) + sum(gold))

    for label in ("good", "film"):
        for threshold in (0.3, 0.5, 0.7):
            assert f1(label) >= f1(label, threshold)
    assert model.predict_labels(x, threshold=[2.0, 0.0]) == [["film"]] * len(x)
