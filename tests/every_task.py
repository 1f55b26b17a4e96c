"""A small task of every kind with four examples each, for what has to hold on all of them."""

from typing import Any, NamedTuple

import pytest
from support import small_backbone

TEXTS = ["a joy to watch", "two lost hours", "great", "a dull film that never ends"]
TOKENS = [text.split() for text in TEXTS]
TAGS = [["O", "B-P", "I-P", "O"], ["O"] * 3, ["B-P"], ["O"] * 5 + ["B-P"]]
PAIRS = [("a man sleeps", "he is awake"), ("a dog", "a dog runs fast"), ("x y", "z"), ("a", "b c")]
QUESTIONS = [("who ?", passage) for passage in ("Ada signs .", "no one signs it at all", "x", "y")]
SYMBOLS = ["A B", "B", "C A B", "A"]
CLASSES = {"labels": ["n", "p"]}
SPANS = {"labels": ["O", "B-P", "I-P"]}
HEADS = {
    "labels": {"slots": SPANS["labels"], "pos": ["X", "Y"]},
    "sentence_labels": {"intent": ["u", "v"]},
    "crf": ["slots"],
}
ROWS = [{"slots": tags, "pos": ["X"] * len(tags), "intent": "u"} for tags in TAGS]
WRITER = {"target_vocabulary": ["A", "B", "C"], "decoder_units": 4, "symbol_dim": 3}
COPIER = {**WRITER, "copy": True, "attention": "bahdanau", "source_characters": list("abcde")}


class Case(NamedTuple):
    """The name of a task's class, arguments of it, and data."""

    kind: str
    arguments: dict[str, Any]
    x: list[Any]
    y: list[Any]


CASES = {
    "classes": Case("ElmoTextClassifier", {**CLASSES, "mix_at_output": True}, TEXTS, [1, 0, 1, 0]),
    "ordinal": Case(
        "ElmoTextClassifier", {**CLASSES, "ordinal": True, "pooling": "last"}, TEXTS, [1, 0, 1, 0]
    ),
    "tags": Case("ElmoTokenClassifier", {**SPANS, "crf": False}, TOKENS, TAGS),
    "CRF": Case("ElmoTokenClassifier", SPANS, TOKENS, TAGS),
    "joint": Case("ElmoJointTagger", {**HEADS, "pooling": "attention"}, TOKENS, ROWS),
    "number": Case("ElmoTextRegressor", {"pooling": "mean"}, TEXTS, [1.0, 2.0, 3.0, 4.5]),
    "pair": Case("ElmoPairClassifier", {**CLASSES, "cross_attention": True}, PAIRS, [1, 0, 1, 0]),
    "pair number": Case("ElmoPairRegressor", {"hidden_units": 4}, PAIRS, [1.0, 2.0, 3.0, 4.5]),
    "words": Case("ElmoSeq2Seq", WRITER, TEXTS, SYMBOLS),
    "copies": Case("ElmoSeq2Seq", COPIER, TEXTS, SYMBOLS),
    "answers": Case(
        "ElmoQuestionAnswerer", {"modelling_units": 4}, QUESTIONS, [[(0, 3)], [], [], []]
    ),
}

# On other backends, where each costs many seconds, only the one with most kinds of heads.
# Each has a near relative among the others.
RELATIVES = ("ordinal", "number", "pair number", "words")
NAMES = [
    pytest.param(
        name,
        marks=[pytest.mark.portable] * (name == "joint") + [pytest.mark.slow] * (name in RELATIVES),
    )
    for name in CASES
]


def make_task(name, backbone=None, **changes):
    """The task of a case, without dropout, seeded."""
    import keras

    import keras_elmo

    case = CASES[name]
    keras.utils.set_random_seed(0)
    backbone = backbone or small_backbone()[0]
    preprocessor = keras_elmo.ElmoPreprocessor("whitespace", max_characters_per_token=8)
    arguments = {
        "lstm_units": 4,
        "elmo_dropout": 0.0,
        "recurrent_dropout": 0.0,
        "dropout": 0.0,
        **case.arguments,
        **changes,
    }
    return getattr(keras_elmo, case.kind)(backbone, preprocessor=preprocessor, **arguments)


def two_classes(compiled=None, **changes):
    """A classifier of n and p that runs step by step, without dropout unless it is asked for.

    Args:
        compiled: arguments of `compile`.
        changes: arguments of the task.
    """
    task = make_task("classes", mix_at_output=False, **{"lstm_units": 2, **changes})
    if compiled:
        task.compile(**compiled)
    task.run_eagerly = True
    return task


def rates_of(task):
    """Learning rate of each group that trains."""
    return {row.name: row.learning_rate for row in task.parameter_table() if row.trainable}


def first_batch(task, name, rows=None):
    """Arrays of a case: inputs, targets and weights; of some of its rows, or of all."""
    case = CASES[name]
    rows = range(len(case.x)) if rows is None else rows
    return task.batches([case.x[i] for i in rows], [case.y[i] for i in rows])[0]
