"""From one sequence to another: it learns, writes, copies, and is saved."""

import json
from itertools import product

import keras
import numpy as np
import pytest

from keras_elmo import ElmoSeq2Seq
from keras_elmo.batching.sequence_batches import TARGET_IDS, before
from keras_elmo.runtime.beam_search import penalty
from keras_elmo.tasks.loading import load_task
from keras_elmo.text.symbols import TargetSymbols, find_characters, find_symbols

SMALL = {"lstm_units": 16, "decoder_units": 24, "symbol_dim": 8, "character_dim": 8}
SMALL |= {"mix": "mean", "elmo_dropout": 0.0, "recurrent_dropout": 0.0, "dropout": 0.0}
WORDS = ["ab", "ba", "abc", "c", "ca", "bb", "acb", "cc", "bac", "b"]
SPELT = [" ".join(word[::-1].upper()) for word in WORDS]  # backwards, as symbols


def speller(backbone, preprocessor, **changes):
    keras.utils.set_random_seed(1)
    arguments = {
        "target_vocabulary": ["A", "B", "C"],
        "source_characters": ["a", "b", "c"],
        **SMALL,
    }
    return ElmoSeq2Seq(backbone, preprocessor=preprocessor, **arguments | changes)


@pytest.fixture(scope="module")
def learned():
    from support import small_backbone

    from keras_elmo import ElmoPreprocessor

    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
    task = speller(small_backbone()[0], preprocessor)
    task.compile(learning_rate=1e-2)
    data = WORDS * 4, SPELT * 4
    history = task.fit(*data, validation_data=data, epochs=25, batch_size=8, verbose=0).history
    return task, history


@pytest.mark.portable
def test_it_learns_to_spell_backwards(learned):
    task, history = learned
    assert history["val_accuracy"][-1] == 1.0
    assert task.predict(WORDS) == SPELT
    assert task.predict(WORDS, beam=1, batch_size=3) == SPELT
    report = task.report(WORDS, SPELT)
    assert report["exact_match"] == 1.0
    assert report["token_error_rate"] == report["unknown_tokens"] == report["cut"] == 0


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(False, marks=pytest.mark.portable_slow),
        pytest.param(True, marks=pytest.mark.portable),
    ],
)
def test_a_wide_beam_finds_what_an_enumeration_finds(backbone, preprocessor, copy):
    task = speller(backbone, preprocessor, target_vocabulary=["A", "B"], copy=copy, symbol_dim=4)
    decoder = task.get_layer("decoder")
    kernel = np.array(decoder.output_kernel) * 9
    decoder.output_kernel.assign(kernel)  # probabilities of different sizes
    source, limit, width = "ba", 2, 2 * (2 + 2)
    symbols = [3, 4, 5, *([6, 7] if copy else [])]
    scored = {}
    for length in range(limit + 1):
        paths = list(product(symbols, repeat=length))
        found = log_probabilities(task, source, [[*path, 2] for path in paths])
        for path, logs in zip(paths, found, strict=True):
            steps = np.take_along_axis(logs, np.array([[*path, 2]]).T, axis=1)
            scored[path] = float(steps.sum()) / penalty(length + 1, 0.7)
    best = sorted(scored, key=scored.get, reverse=True)[:width]
    options = {"beam": 30, "n_best": width, "length_penalty": 0.7, "max_length": limit}
    [found] = task.generate([source], **options)
    expected = [task.symbols.decode(path, list(source)) for path in best]
    assert [one.symbols for one in found] == expected
    np.testing.assert_allclose([one.score for one in found], [scored[p] for p in best], rtol=1e-4)


def log_probabilities(task, source, sequences):
    """At each step of some sequences of one length, by the model that is trained."""
    [inputs, *_] = task.batches([source] * len(sequences), ["A B"] * len(sequences))[0]
    inputs[TARGET_IDS] = before(np.array(sequences, "int32"))
    return keras.ops.convert_to_numpy(task(inputs, training=False))


def test_batches_and_padding_change_nothing(learned):
    task, _ = learned
    texts = ["a", "abcabcabcabc", "cab ab", "b"]
    together = task.generate(texts, n_best=3)
    for text, candidates in zip(texts, together, strict=True):
        [alone] = task.generate([text], n_best=3)
        assert [one.text for one in alone] == [one.text for one in candidates]
        np.testing.assert_allclose(
            [one.score for one in alone], [one.score for one in candidates], rtol=1e-3, atol=1e-4
        )


@pytest.mark.compiled
@pytest.mark.portable_slow
def test_copying_writes_words_that_were_never_seen(backbone, preprocessor):
    random = np.random.default_rng(0)
    names = [f"n{i}" for i in range(60)]
    rows = [random.choice(names, size=random.integers(1, 4)).tolist() for _ in range(96)]
    targets = [["hello", *row] for row in rows]
    task = ElmoSeq2Seq(
        backbone,
        target_vocabulary=["hello", "there"],
        preprocessor=preprocessor,
        copy=True,
        **SMALL,
    )
    task.compile(learning_rate=1e-2)
    task.fit(rows, targets, epochs=12, batch_size=16, verbose=0)
    sources = [["x1"], ["x2", "x3"], ["z", "n1", "q"]]
    assert task.predict_labels(sources) == [["hello", *row] for row in sources]
    report = task.report(sources, [["hello", *row] for row in sources])
    assert report["unknown_tokens"] == 0


def test_the_loss_is_the_mean_over_symbols(backbone, preprocessor):
    for smoothing in (0.0, 0.3):
        task = speller(backbone, preprocessor, label_smoothing=smoothing)
        found = task.evaluate(WORDS[:4], SPELT[:4], verbose=0, return_dict=True)["loss"]
        total, count = 0.0, 0
        for word, text in zip(WORDS[:4], SPELT[:4], strict=True):
            ids = task.symbols.encode(text.split())
            for i, logs in zip(ids, log_probabilities(task, word, [ids])[0], strict=True):
                total -= (1 - smoothing) * logs[i] + smoothing * logs[2:].mean()
                count += 1
        assert found == pytest.approx(total / count, rel=1e-4)


@pytest.mark.portable
def test_saved_models_write_the_same(learned, tmp_path):
    task, _ = learned
    task.save_to_preset(tmp_path / "preset")
    again = load_task(tmp_path / "preset")
    assert isinstance(again, ElmoSeq2Seq)
    ours, theirs = (model.generate(WORDS, n_best=2) for model in (task, again))
    assert [one.text for row in ours for one in row] == [one.text for row in theirs for one in row]
    task.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.predict(WORDS) == task.predict(WORDS)
    assert again.get_config()["source_characters"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "changes",
    [
        {"scheduled_sampling": 0.5, "sampling_steps": 5},
        {"attention": "bahdanau", "target": "characters", "copy": True},
        {"source_characters": None, "mix": "scalar", "trainable_elmo": True},
    ],
)
def test_every_kind_trains(backbone, preprocessor, changes):
    task = speller(backbone, preprocessor, **changes)
    task.compile(learning_rate=1e-2)
    targets = ["".join(text.split()) if "target" in changes else text for text in SPELT]
    history = task.fit(WORDS, targets, epochs=4, batch_size=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert len(task.predict(WORDS)) == len(WORDS)


def test_predictions_are_lines_of_json(learned):
    lines = learned[0].lines(["ab"], "jsonl", n_best=2, beam=3)
    [record] = map(json.loads, lines)
    assert record["text"] == "ab"
    assert record["prediction"] == record["candidates"][0]["text"] == "B A"
    assert len(record["candidates"]) == 2
    assert record["candidates"][0].keys() == {"text", "score", "log_probability", "complete"}
    with pytest.raises(ValueError, match="written as jsonl"):
        list(learned[0].lines(["ab"], "conll"))


def test_a_beam_wider_than_the_vocabulary(learned):
    [found] = learned[0].generate(["ab"], beam=40, n_best=40)
    assert len({one.text for one in found}) == len(found) == 40
    assert found[0].text == "B A"


def test_what_is_cut_is_marked_and_counted(learned):
    task, _ = learned
    [[one]] = task.generate(["abc"], max_length=1, beam=1)
    assert (one.text, one.complete) == ("C", False)
    assert task.report(["abc"], ["C B A"], max_length=1, beam=1)["cut"] == 1
    # D is no symbol of the model: it cannot be written, and counts as wrong.
    report = task.report(["abc"], ["C D A"])
    assert report["unknown_tokens"] == 1
    assert report["exact_match"] == 0.0


def test_errors(backbone, preprocessor, learned):
    task = learned[0]
    for x, y, message in (
        (["a", ""], ["A", "B"], "source 1 is empty"),
        (["a", "b"], ["A", " "], "target 1 is empty"),
        (["a"], ["A", "B"], "same length"),
    ):
        with pytest.raises(ValueError, match=message):
            task.fit(x, y)
    with pytest.raises(ValueError, match="source 1 is empty"):
        task.predict(["a", ""])
    with pytest.raises(ValueError, match="`n_best` must be from 1 to `beam`"):
        task.generate(["a"], beam=2, n_best=3)
    with pytest.raises(ValueError, match="no classes to weigh"):
        task.fit(["a"], ["A"], class_weight="balanced")
    with pytest.raises(ValueError, match="at least two different symbols"):
        speller(backbone, preprocessor, target_vocabulary=["A"])
    with pytest.raises(ValueError, match="`target_vocabulary=find_symbols"):
        speller(backbone, preprocessor, labels=["A", "B"], target_vocabulary=[])
    with pytest.raises(ValueError, match=r"at least two different symbols.* Received: \[\]"):
        ElmoSeq2Seq(backbone, preprocessor=preprocessor)
    with pytest.raises(ValueError, match="`target` must be one of"):
        speller(backbone, preprocessor, target="letters")
    with pytest.raises(ValueError, match="`mix_at_output`"):
        speller(backbone, preprocessor, mix_at_output=True)
    with pytest.raises(ValueError, match="`label_smoothing` must be from 0"):
        speller(backbone, preprocessor, label_smoothing=1.0)


def test_symbols_of_texts():
    assert find_symbols(["b a", "a c", "a c"]) == ["a", "c", "b"]
    assert find_symbols(["ab a"], "characters") == ["a", " ", "b"]
    assert find_symbols(["b a", "a c", "a c"], min_count=2) == ["a", "c"]
    assert find_characters([["ab"], ["b", "ä"]]) == [" ", "a", "b", "ä"]
    target = TargetSymbols(["x", "y"])
    source = ["u", "x", "u", "v"]
    ids = target.encode(["v", "x", "u", "w"], source)
    assert ids.tolist() == [9, 4, 6, 3, 2]
    assert target.decode(ids, source) == ["v", "x", "u", "<UNK>"]
    assert target.source_ids(source).tolist() == [6, 4, 6, 9]
    assert target.unknown_in(["v", "w"], source) == 1
