"""Labels come back as the user's own type, after saving, too."""

import keras
import numpy as np
import pytest
from support import small_backbone

import keras_elmo
from keras_elmo import ElmoPreprocessor

X = ["a joy", "two lost hours", "great film", "dull"]


def task(kind, **arguments):
    keras.utils.set_random_seed(0)
    made = getattr(keras_elmo, kind)(
        small_backbone(max_characters_per_token=8)[0],
        preprocessor=ElmoPreprocessor("whitespace", max_characters_per_token=8),
        **{"lstm_units": 3, "dropout": 0.0, "elmo_dropout": 0.0, "recurrent_dropout": 0.0}
        | arguments,
    )
    made.compile(run_eagerly=True)
    return made


@pytest.mark.parametrize(
    "labels", [[3, 1], [True, False], [0.5, 1.5], ["3", "1"], np.array([3, 1])]
)
def test_a_classifier_of_any_labels(labels, tmp_path):
    model = task("ElmoTextClassifier", labels=labels)
    own = np.asarray(labels).tolist()
    y = [own[1], own[0], own[1], own[0]]
    found = model.predict_labels(X)
    assert {type(label) for label in found} == {type(own[0])}
    assert found == [own[i] for i in model.predict(X).argmax(axis=1)]

    right = np.mean([a == b for a, b in zip(found, y, strict=True)])
    assert model.report(X, np.array(y))["accuracy"] == right
    errors = model.mistakes(X, y)
    assert len(errors) == 4 - 4 * right
    assert all(error["gold"] != error["predicted"] for error in errors)
    record = next(model.records(X))
    assert record["probabilities"][record["label"]] == max(record["probabilities"].values())

    model.save_to_preset(tmp_path / "preset")
    model.save(tmp_path / "model.keras")
    loaded = (
        type(model).from_preset(tmp_path / "preset"),
        keras.saving.load_model(tmp_path / "model.keras"),
    )
    for again in loaded:
        assert [(label, type(label)) for label in again.labels] == [
            (label, type(label)) for label in own
        ]
        assert again.predict_labels(X) == found


def test_the_labels_of_classes_without_names_are_numbers():
    model = task("ElmoTextClassifier", num_classes=3)
    assert set(model.predict_labels(X)) <= {0, 1, 2}
    model.fit(X, [0, 2, 1, 0], class_weight={2: 3.0}, verbose=0, cache=False)
    several = task("ElmoTextClassifier", num_classes=3, multi_label=True)
    assert all(set(labels) <= {0, 1, 2} for labels in several.predict_labels(X, threshold=0.0))


def test_tags_and_heads_of_any_labels():
    tagger = task("ElmoTokenClassifier", labels=[7, 9])
    y = [[7, 9], [9, 9, 7], [7, 7], [9]]
    found = tagger.predict_labels(X)
    assert {type(tag) for tags in found for tag in tags} == {int}
    right = np.mean(
        [a == b for row, own in zip(y, found, strict=True) for a, b in zip(row, own, strict=True)]
    )
    assert tagger.report(X, y)["accuracy"] == pytest.approx(right)

    joint = task("ElmoJointTagger", labels={"tag": [7, 9]}, sentence_labels={"good": [True, False]})
    rows = [{"tag": tags, "good": i % 2 == 0} for i, tags in enumerate(y)]
    joint.fit(X, rows, verbose=0, cache=False)
    assert all(type(row["good"]) is bool for row in joint.predict_labels(X))
    assert joint.report(X, rows)["columns"]["good"]["labels"] == [True, False]


def test_integers_are_labels_wherever_labels_are_numbers():
    """Of one to three stars, the class of number 1 is two: neither is taken for the other."""
    model = task("ElmoTextClassifier", labels=[1, 2, 3])
    targets = next(iter(model.batches(X, [1, 2, 3, 1])))[1]
    assert sorted(np.ravel(targets).tolist()) == [0, 0, 1, 2]
    with pytest.raises(ValueError, match=r"labels: 1, 2, 3\. Received: 0"):
        model.fit(X, [0, 1, 2, 0], verbose=0)
    with pytest.raises(ValueError, match="class_weight must be one of the model's labels"):
        model.fit(X, [1, 2, 3, 1], class_weight={0: 2.0}, verbose=0)
