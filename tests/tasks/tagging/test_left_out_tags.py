"""Tags that are left out, and weights of single tokens: against enumeration and plain Keras."""

from itertools import pairwise, product

import keras
import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo import ElmoJointTagger, ElmoPreprocessor, ElmoTokenClassifier
from keras_elmo.layers.crf import CRF
from keras_elmo.layers.crf_loss import unpacked

X = [["a", "b", "c"], ["d"], ["e", "f"]]
LABELS = ["O", "B-X", "I-X"]


def tagger(**arguments):
    backbone = small_backbone(max_characters_per_token=8)[0]
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
    keras.utils.set_random_seed(0)
    settings = {
        "labels": LABELS,
        "lstm_units": 3,
        "dropout": 0.0,
        "elmo_dropout": 0.0,
        "recurrent_dropout": 0.0,
    }
    made = ElmoTokenClassifier(backbone, preprocessor=preprocessor, **settings | arguments)
    made.compile(run_eagerly=True)
    return made


@pytest.mark.portable
def test_the_likelihood_of_known_tags_is_a_sum_over_all_sequences_with_them():
    random = np.random.default_rng(0)
    layer = CRF()
    layer.build((None, None, 3))
    for variable in layer.trainable_variables:
        variable.assign(random.normal(size=variable.shape))
    mask = np.arange(4) < np.array([[4], [2], [0]])
    chain = layer(
        keras.ops.convert_to_tensor(random.normal(size=(3, 4, 3)).astype("float32")), mask=mask
    )
    tags = random.integers(0, 3, size=(3, 4))
    known = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]], bool)
    found = to_numpy(CRF.log_likelihood_of_known(chain, tags, known))

    potentials, _, _, transitions = map(to_numpy, unpacked(chain))
    for row, length in enumerate([4, 2, 0]):
        total = 0.0
        for sequence in product(range(3), repeat=length):
            if all(not known[row, t] or sequence[t] == tags[row, t] for t in range(length)):
                steps = sum(potentials[row, t, tag] for t, tag in enumerate(sequence))
                steps += sum(transitions[row][pair] for pair in pairwise(sequence))
                total += np.exp(steps)
        assert found[row] == pytest.approx(np.log(total), abs=1e-5)


@pytest.mark.parametrize("crf", [False, True])
def test_what_is_left_out_says_nothing(crf):
    """Whatever tag stands where it is left out, loss and measures are the same."""
    model = tagger(crf=crf)
    left_out = [
        ([["B-X", None, "O"], ["O"], ["O", "B-X"]], None),
        ([["B-X", -100, "O"], ["O"], ["O", "B-X"]], None),
        (np.array([[1, -100, 0], [0, -100, -100], [0, 1, -100]]), None),
        ([["B-X", "O", "O"], ["O"], ["O", "B-X"]], [[1, 0, 1], [1], [1, 1]]),
        ([["B-X", "I-X", "O"], ["O"], ["O", "B-X"]], np.array([[1, 0, 1], [1, 0, 0], [1, 1, 0]])),
    ]
    measures = [
        model.evaluate(X, y, sample_weight=weights, verbose=0, return_dict=True)
        for y, weights in left_out
    ]
    whole = model.evaluate(X, [["B-X", "O", "O"], ["O"], ["O", "B-X"]], verbose=0, return_dict=True)
    for found in measures:
        assert found == pytest.approx(measures[0], abs=1e-6)
    assert measures[0]["loss"] != pytest.approx(whole["loss"], abs=1e-4)
    report = model.report(X, left_out[0][0])
    assert report["tokens"] == 5
    assert report["accuracy"] == pytest.approx(measures[0]["accuracy"], abs=0.2 if crf else 1e-6)


def test_a_softmax_with_weights_of_tokens_is_keras_s_own():
    model, weights = tagger(crf=False), [[1.0, 0.5, 0.0], [2.0], [1.0, 3.0]]
    y = [["B-X", "O", "O"], ["O"], ["O", "B-X"]]
    found = model.evaluate(X, y, sample_weight=weights, verbose=0, return_dict=True)
    probabilities, tags = model.predict(X), [[LABELS.index(tag) for tag in row] for row in y]
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")
    own = loss(np.concatenate(tags), np.concatenate(probabilities), np.concatenate(weights))
    assert found["loss"] == pytest.approx(float(own), abs=1e-5)


def test_complete_tags_have_the_same_loss_before_and_after_partial_ones():
    model, whole = tagger(crf=True), [["B-X", "O", "O"], ["O"], ["O", "B-X"]]
    before = model.evaluate(X, whole, verbose=0)
    model.evaluate(X, [["B-X", None, "O"], ["O"], ["O", "B-X"]], verbose=0)
    assert model.evaluate(X, whole, verbose=0) == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("crf", [(), ("slots",)])
def test_several_heads_take_weights_by_name(crf):
    backbone = small_backbone(max_characters_per_token=8)[0]
    model = ElmoJointTagger(
        backbone,
        preprocessor=ElmoPreprocessor("whitespace", max_characters_per_token=8),
        labels={"slots": LABELS},
        sentence_labels={"intent": ["a", "b"]},
        crf=crf,
        lstm_units=3,
        dropout=0.0,
        elmo_dropout=0.0,
        recurrent_dropout=0.0,
    )
    model.compile(run_eagerly=True)
    y = [
        {"slots": ["B-X", None, "O"], "intent": "a"},
        {"slots": ["O"], "intent": "b"},
        {"slots": ["O", "B-X"], "intent": "a"},
    ]
    weights = {"slots": [[1, 7, 1], [1], [1, 1]], "intent": [1.0, 1.0, 1.0]}
    wanted = model.evaluate(X, y, verbose=0, return_dict=True)
    assert model.evaluate(
        X, y, sample_weight=weights, verbose=0, return_dict=True
    ) == pytest.approx(wanted)
    assert model.report(X, y)["columns"]["slots"]["tokens"] == 5
    with pytest.raises(TypeError, match="Did you mean `slots`"):
        model.evaluate(X, y, sample_weight={"slot": [1, 1, 1]}, verbose=0)
    with pytest.raises(ValueError, match="one number for each sentence"):
        model.evaluate(X, y, sample_weight=[[1, 1, 1], [1], [1, 1]], verbose=0)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([["O", "O"], ["O"], ["O", "O"]], "sentence 0 with 3 tokens and 2 tags"),
        ([["O"] * 3, ["O", "O"], ["O", "O"]], "sentence 1 with 1 tokens and 2 tags"),
        (["O O O", "O", "O O"], "`y` must hold a list of tags for each sentence"),
        (
            [["O", "O", "Q"], ["O"], ["O", "O"]],
            "sentence 0, tag 2 must be one of the model's labels",
        ),
        ([["O", "O", 3], ["O"], ["O", "O"]], "sentence 0, tag 2 must be one of the model's labels"),
    ],
)
def test_tags_of_another_shape_are_refused(tags, message):
    with pytest.raises(ValueError, match=message):
        tagger().batches(X, tags)
    with pytest.raises(ValueError, match="a weight for each token"):
        tagger().batches(X, [["O"] * 3, ["O"], ["O"] * 2], sample_weight=[[1, 1], [1], [1, 1]])
