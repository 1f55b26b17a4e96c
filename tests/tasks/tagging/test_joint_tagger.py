"""Slots, parts of speech and intents from one encoder."""

import keras
import numpy as np
import pytest

from keras_elmo import ElmoJointTagger
from keras_elmo.tasks.loading import load_task

POS_TAGS = ["NOUN", "ADJ", "DET"]
ARGUMENTS = {
    "labels": {"slots": ["O", "B-X", "I-X"], "pos": POS_TAGS},
    "sentence_labels": {"intent": ["praise", "none"]},
    "crf": ["slots"],
    "schemes": {"slots": "BIO"},
    "lstm_units": 8,
    "elmo_dropout": 0.0,
    "recurrent_dropout": 0.0,
    "dropout": 0.0,
    "mix": "mean",
}
POS = {"good": "ADJ", "bad": "ADJ", "a": "DET"}


@pytest.fixture
def joint(reviews):
    words = [sentence.split() for sentence in reviews[0]]
    rows = [
        {
            "slots": ["B-X" if word == "good" else "O" for word in row],
            "pos": [POS.get(word, "NOUN") for word in row],
            "intent": "praise" if "good" in row else "none",
        }
        for row in words
    ]
    return words, rows


@pytest.fixture
def tagger(backbone, preprocessor):
    keras.utils.set_random_seed(1)
    return ElmoJointTagger(backbone, preprocessor=preprocessor, **ARGUMENTS)


@pytest.mark.compiled
@pytest.mark.portable
def test_it_learns_all_of_them(tagger, joint):
    tagger.compile(learning_rate=1e-2)
    history = tagger.fit(*joint, validation_data=joint, epochs=120, batch_size=8, verbose=0).history
    names = [f"{name}_accuracy" for name in ("slots", "pos", "intent")]
    last = {name: history[f"val_{name}"][-1] for name in (*names, "accuracy")}
    assert last["accuracy"] == pytest.approx(np.mean([last[name] for name in names]), abs=1e-5)
    assert last["accuracy"] > 0.9
    predicted = tagger.predict_labels(joint[0])
    right = [ours == theirs for ours, theirs in zip(predicted, joint[1], strict=True)]
    assert np.mean(right) > 0.6


def test_the_loss_is_the_sum_of_the_heads_losses(tagger, joint):
    words, rows = joint[0][:6], joint[1][:6]
    found = tagger.evaluate(words, rows, verbose=0, return_dict=True)["loss"]
    probabilities = tagger.predict(words)
    pairs = list(zip(probabilities, rows, strict=True))
    intents = [p["intent"][["praise", "none"].index(y["intent"])] for p, y in pairs]
    parts = [
        p["pos"][t, POS_TAGS.index(y["pos"][t])] for p, y in pairs for t in range(len(p["pos"]))
    ]
    expected = -np.log(intents).mean() - np.log(parts).mean()
    slots = tagger.heads["slots"]
    outputs = tagger.sentence_outputs(words)
    transitions = keras.ops.convert_to_numpy(slots.crf.transition_scores())
    tokens = sum(map(len, words))
    for output, y in zip(outputs, rows, strict=True):
        ids = [["O", "B-X", "I-X"].index(tag) for tag in y["slots"]]
        score = output["slots_potentials"][range(len(ids)), ids].sum()
        expected -= (score + transitions[ids[:-1], ids[1:]].sum()) / tokens
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_saved_models_predict_the_same(tagger, joint, tmp_path):
    tagger.save_to_preset(tmp_path / "preset")
    loaded = load_task(tmp_path / "preset")
    assert loaded.predict_labels(joint[0]) == tagger.predict_labels(joint[0])
    assert loaded.get_config()["labels"] == ARGUMENTS["labels"]
    [found] = loaded.annotate(["a good film"])
    assert set(found.columns) == {"slots", "pos"}
    assert found.columns["pos"].tokens == ["a", "good", "film"]
    assert found.columns["pos"].entities == []
    assert found.labels == {"intent": loaded.predict_labels(["a good film"])[0]["intent"]}


def test_predictions_and_measures(tagger, joint):
    report = tagger.report(*joint)
    assert report["columns"].keys() == {"slots", "pos", "intent"}
    assert report["columns"]["slots"].keys() >= {"f1", "strict_f1", "per_type"}
    right = [a == b for a, b in zip(tagger.predict_labels(joint[0]), joint[1], strict=True)]
    assert report["exact_match"] == np.mean(right)
    [record] = tagger.records(["a good film"])
    assert record["tokens"] == ["a", "good", "film"]
    assert record["intent"]["label"] in ("praise", "none")
    assert len(record["pos"]["tags"]) == len(record["slots"]["probabilities"]) == 3
    assert "entities" in record["slots"]
    assert "entities" not in record["pos"]


def test_errors(tagger, backbone):
    row = {"slots": ["O"], "pos": ["NOUN"], "intent": "none"}
    for wrong, message in (
        ({"slots": ["O"], "pos": ["NOUN"]}, "a dict with 'intent' .* sentence 1"),
        (row | {"slots": ["I-X"]}, "sentence 1: tag 0"),
        (row | {"pos": []}, "sentence 1 with 1 tokens and 0 tags"),
        (row | {"intent": "?"}, "intent of sentence 1 must be one of"),
    ):
        with pytest.raises(ValueError, match=message):
            tagger.fit([["film"], ["film"]], [row, wrong])
    with pytest.raises(ValueError, match="`crf` must name columns of `labels`: slots, pos"):
        ElmoJointTagger(backbone, **ARGUMENTS | {"crf": ["intent"]})
    with pytest.raises(ValueError, match="other names"):
        ElmoJointTagger(backbone, **ARGUMENTS | {"sentence_labels": {"pos": ["a", "b"]}})
