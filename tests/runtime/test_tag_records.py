"""The measures of tags beside those that libraries count."""

from collections import Counter

from keras_elmo.runtime.tag_records import tag_report
from keras_elmo.text.labels import LabelEncoder


def test_types_of_spans_that_are_taken_for_one_another_are_counted_by_tokens():
    labels = ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"]
    gold = [["B-PER", "I-PER", "O"], ["B-LOC", None, "O"]]
    predicted = [["B-PER", "B-LOC", "I-LOC"], ["B-PER", "O", "O"]]
    report = tag_report(gold, predicted, LabelEncoder(labels))
    assert report["labels"] == ["O", "PER", "LOC"]
    counts = Counter(
        {("PER", "PER"): 1, ("PER", "LOC"): 1, ("O", "LOC"): 1, ("LOC", "PER"): 1, ("O", "O"): 1}
    )
    rows = [[counts[row, column] for column in report["labels"]] for row in report["labels"]]
    assert report["confusion_matrix"] == rows


def test_a_type_that_is_called_as_the_outside_is_another():
    report = tag_report([["B-O", "O"]], [["O", "O"]], LabelEncoder(["O", "B-O", "I-O"]))
    assert report["labels"] == ["O", "O"]
    assert report["confusion_matrix"] == [[1, 0], [1, 0]]


def test_plain_tags_have_the_matrix_of_their_classes():
    encoder = LabelEncoder(["NOUN", "VERB", "ADJ"])
    report = tag_report([["NOUN", "VERB", None]], [["NOUN", "NOUN", "ADJ"]], encoder)
    assert report["labels"] == ["NOUN", "VERB", "ADJ"]
    assert report["confusion_matrix"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert report["macro_f1"] == (2 / 3 + 0) / 2  # ADJ occurs nowhere
