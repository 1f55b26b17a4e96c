"""What every task takes and gives back, whatever container the user's data come in."""

from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np
import pytest
from containers import BYTES, COLUMNS, LISTS, available, filled
from support import small_backbone

import keras_elmo
from keras_elmo import ElmoPreprocessor
from keras_elmo.tasks.gate import hold_out, read_examples

TEXTS = ["a joy to watch", "two lost hours", "great film", "dull"]
TOKENS = [text.split() for text in TEXTS]
TAGS = [["O", "B-X", "O", "O"], ["O", "O", "B-X"], ["B-X", "O"], ["O"]]
PAIRS = [(text, " ".join(reversed(text.split()))) for text in TEXTS]
QUESTIONS = [("What ?", text) for text in TEXTS]
WEIGHTS = [1.0, 0.5, 2.0, 0.0]


@dataclass(eq=False)  # compared and hashed as itself
class Kind:
    """A task, rows for it, and the containers that its rows may come in.

    The containers of `x_forms` and `y_forms` take the rows in the form of `x` and `y`; those of
    `other_x` and `other_y` are the same rows in another form already.
    """

    name: str
    x: list[Any]
    y: list[Any]
    arguments: dict[str, Any] = field(default_factory=dict)
    x_forms: dict[str, Any] = field(default_factory=lambda: COLUMNS | BYTES)
    y_forms: dict[str, Any] = field(default_factory=lambda: COLUMNS)
    other_x: Any = dict
    other_y: Any = dict

    @cache  # noqa: B019
    def task(self):
        backbone = small_backbone(max_characters_per_token=8)[0]
        preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
        keras.utils.set_random_seed(0)
        plain = {"lstm_units": 3, "dropout": 0.0, "elmo_dropout": 0.0, "recurrent_dropout": 0.0}
        made = getattr(keras_elmo, self.name)(
            backbone, preprocessor=preprocessor, **plain, **self.arguments
        )
        made.compile(run_eagerly=True)
        return made


def _pair_forms():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    first, second = zip(*PAIRS, strict=True)
    return {
        "array": np.array(PAIRS),
        "frame": pandas.DataFrame(PAIRS, columns=["b", "a"], index=[2, 0, 3, 1]),
        "polars frame": polars.DataFrame({"b": first, "a": second}),
        "zip": zip(first, second, strict=True),
        "tokens": [(a.split(), b.split()) for a, b in PAIRS],
    }


def _question_forms():
    pandas = pytest.importorskip("pandas")
    rows = [{"id": str(i), "context": c, "question": q} for i, (q, c) in enumerate(QUESTIONS)]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {
        "dicts": rows,
        "columns": columns,
        "frame": pandas.DataFrame(rows, index=[2, 0, 3, 1]),
        "array": np.array(QUESTIONS),
    } | _hub_forms(columns)


def _hub_forms(columns):
    if not find_spec("datasets"):
        return {}
    from datasets import Dataset

    return {"data set of the hub": Dataset.from_dict(columns)}


def _answer_forms():
    texts = [TEXTS[0][2:5], TEXTS[1][:3]]
    lists = [[{"text": texts[0], "answer_start": 2}], [{"text": texts[1], "answer_start": 0}]]
    return {
        "SQuAD's lists": [*lists, [], []],
        "the hub's dicts": [
            *({"text": [a[0]["text"]], "answer_start": [a[0]["answer_start"]]} for a in lists),
            {"text": [], "answer_start": []},
            {"text": np.array([], str), "answer_start": np.array([], int)},
        ],
        "arrays": [np.array([[2, 5]]), np.array([[0, 3]]), np.zeros((0, 2), int), ()],
    }


def _joint_forms():
    pandas = pytest.importorskip("pandas")
    columns = {"slots": TAGS, "intent": ["a", "b", "a", "b"]}
    return {"columns": columns, "frame": pandas.DataFrame(columns, index=[2, 0, 3, 1])}


KINDS = [
    Kind("ElmoTextClassifier", TEXTS, ["pos", "neg", "pos", "neg"], {"labels": ["neg", "pos"]}),
    Kind(
        "ElmoTextClassifier",
        TEXTS,
        [["a"], [], ["a", "b"], ["c"]],
        {"labels": ["a", "b", "c"], "multi_label": True},
        y_forms={k: v for k, v in LISTS.items() if k != "frame"},
        other_y=lambda: {"matrix": np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 1]])},
    ),
    Kind("ElmoTextRegressor", TEXTS, [1.5, -2.0, 3.0, 0.25]),
    Kind(
        "ElmoTokenClassifier",
        TOKENS,
        TAGS,
        {"labels": ["O", "B-X"]},
        x_forms=LISTS,
        y_forms=LISTS,
        other_x=lambda: {"strings": TEXTS, "matrix": filled(TOKENS)},
        other_y=lambda: {
            "class numbers": [[("O", "B-X").index(tag) for tag in tags] for tags in TAGS],
            "filled up": np.array(
                [[0, 1, 0, 0], [0, 0, 1, -100], [1, 0, -100, -100], [0, *[-100] * 3]]
            ),
        },
    ),
    Kind("ElmoTokenClassifier", TOKENS, TAGS, {"labels": ["O", "B-X"], "crf": True}, LISTS, LISTS),
    Kind(
        "ElmoJointTagger",
        TOKENS,
        [{"slots": t, "intent": i} for t, i in zip(TAGS, "abab", strict=True)],
        {"labels": {"slots": ["O", "B-X"]}, "sentence_labels": {"intent": ["a", "b"]}},
        x_forms=LISTS,
        y_forms={"tuple": tuple, "Series": COLUMNS["Series"], "generator": COLUMNS["generator"]},
        other_y=_joint_forms,
    ),
    Kind(
        "ElmoPairClassifier",
        PAIRS,
        ["pos", "neg", "pos", "neg"],
        {"labels": ["neg", "pos"], "hidden_units": 3},
        x_forms={"generator": COLUMNS["generator"], "Series": COLUMNS["Series"]},
        other_x=_pair_forms,
    ),
    Kind(
        "ElmoPairRegressor",
        PAIRS,
        [1.5, -2.0, 3.0, 0.25],
        {"hidden_units": 3},
        x_forms={"generator": COLUMNS["generator"], "Series": COLUMNS["Series"]},
        other_x=_pair_forms,
    ),
    Kind(
        "ElmoSeq2Seq",
        TEXTS,
        ["a b", "b", "a", "b b"],
        {
            "target_vocabulary": ["a", "b"],
            "decoder_units": 3,
            "symbol_dim": 2,
            "max_target_length": 3,
        },
    ),
    Kind(
        "ElmoQuestionAnswerer",
        QUESTIONS,
        [[(2, 5)], [(0, 3)], [], []],
        {"modelling_units": 3},
        x_forms={"generator": COLUMNS["generator"], "Series": COLUMNS["Series"]},
        y_forms={"tuple": tuple, "Series": COLUMNS["Series"]},
        other_x=_question_forms,
        other_y=_answer_forms,
    ),
]
EVERY_KIND = pytest.mark.parametrize(
    "kind", KINDS, ids=lambda kind: "-".join([kind.name, *map(str, kind.arguments)])
)


def check_equal(found, wanted, what):
    """Two structures of arrays or lists hold the same."""
    assert str(keras.tree.map_structure(np.shape, found)) == str(
        keras.tree.map_structure(np.shape, wanted)
    ), what
    for a, b in zip(keras.tree.flatten(found), keras.tree.flatten(wanted), strict=True):
        if isinstance(b, float | np.ndarray):
            np.testing.assert_allclose(a, b, atol=1e-6, err_msg=what)
        else:
            assert a == b, what


def seen(batches):
    """All batches: what trains, and with what labels and weights."""
    return [batches[i] for i in range(len(batches))]


def forms(kind):
    """Every form of `x` and of `y`, made anew: a generator can be read once."""
    for name, make in available(kind.x_forms).items():
        yield f"x as {name}", lambda make=make: make(kind.x), lambda: kind.y
    for name, make in available(kind.y_forms).items():
        yield f"y as {name}", lambda: kind.x, lambda make=make: make(kind.y)
    for name in kind.other_x():
        yield f"x as {name}", lambda name=name: kind.other_x()[name], lambda: kind.y
    for name in kind.other_y():
        yield f"y as {name}", lambda: kind.x, lambda name=name: kind.other_y()[name]


@pytest.mark.portable
@EVERY_KIND
def test_every_form_makes_the_same_batches(kind):
    task = kind.task()
    wanted = seen(task.batches(kind.x, kind.y, batch_size=2, sample_weight=WEIGHTS))
    for what, x, y in forms(kind):
        found = seen(task.batches(x(), y(), batch_size=2, sample_weight=WEIGHTS))
        check_equal(found, wanted, what)
    for name, make in available(COLUMNS).items():
        found = task.batches(kind.x, kind.y, batch_size=2, sample_weight=make(WEIGHTS))
        check_equal(seen(found), wanted, f"weights as {name}")


@pytest.mark.portable
@EVERY_KIND
def test_each_row_keeps_its_label_and_weight(kind):
    task = kind.task()
    order = [2, 0, 3, 1]
    alone = [
        seen(task.batches([kind.x[i]], [kind.y[i]], sample_weight=[WEIGHTS[i]])) for i in order
    ]
    x, y = ([values[i] for i in order] for values in (kind.x, kind.y))
    batches = task.batches(x, y, batch_size=1, sample_weight=[WEIGHTS[i] for i in order])
    for row, one in zip(batches.rows, seen(batches), strict=True):
        for a, b in zip(keras.tree.flatten(one), keras.tree.flatten(alone[row[0]][0]), strict=True):
            short = tuple(slice(0, min(n)) for n in zip(a.shape, b.shape, strict=True))
            np.testing.assert_array_equal(a[short], b[short])
            assert not np.any(a[tuple(slice(n, None) for n in b.shape)])


@EVERY_KIND
def test_rows_that_are_held_out_keep_their_labels_and_weights(kind):
    """Half of the rows are held out, and every row is in one half with what belongs to it."""
    whole = read_examples(kind.task(), kind.x, kind.y, WEIGHTS)
    halves = hold_out(kind.task(), whole, None, 0.5, 0)
    found = []
    for half in halves:
        weights = half.weights if isinstance(half.weights, dict) else {"": half.weights}
        assert len(half.x) == len(half.y) == 2
        for k, (x, y) in enumerate(zip(half.x, half.y, strict=True)):
            row = whole.x.index(x)
            assert y == whole.y[row]
            assert all(values[k] == WEIGHTS[row] for values in weights.values())
            found.append(row)
    assert found == [1, 3, 0, 2]  # drawn, and not the last ones
    assert hold_out(kind.task(), whole, None, 0.0, 3) == (whole, None)
    given = hold_out(kind.task(), whole, (kind.x[:1], kind.y[:1]), 0.5, 3)
    assert given[0] is whole
    assert given[1].y == whole.y[:1]


@EVERY_KIND
def test_fit_evaluate_and_predict_take_every_container(kind):
    """Each verb on the container that is most easily mixed up, and on lists: the same numbers."""
    task, start = kind.task(), [np.array(value) for value in kind.task().get_weights()]
    series = COLUMNS["Series"]
    given = [
        (kind.x, kind.y, WEIGHTS),
        (series(kind.x), series(kind.y), series(WEIGHTS)),
    ]
    results = []
    for x, y, weights in given:
        task.set_weights(start)
        task.optimizer.learning_rate = 1e-3
        history = task.fit(
            x, y, sample_weight=weights, validation_data=(x, y, weights), verbose=0, cache=False
        )
        task.set_weights(start)
        measured = task.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
        results.append(
            ([history.history["loss"], history.history["val_loss"]], measured, task.predict(x))
        )
    assert np.isfinite(results[0][0]).all()
    check_losses(*(result[0][0] for result in results))
    check_equal(results[1][1], results[0][1], "evaluate")
    assert repr(results[1][2]) == repr(results[0][2])


def check_losses(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


@EVERY_KIND
def test_nothing_gives_nothing(kind):
    task = kind.task()
    for empty in ([], (), np.array([], str), COLUMNS["Series"]([])):
        found = task.predict(empty)
        assert len(found) == 0
        if isinstance(found, np.ndarray):
            one = task.predict(kind.x[:1])
            assert (found.shape[1:], found.dtype) == (one.shape[1:], one.dtype)
        assert task.predict_labels(empty) == [] if hasattr(task, "predict_labels") else True
        if hasattr(task, "annotate"):
            assert task.annotate(empty) == []
    for x, y in [([], []), (kind.x, [])]:
        with pytest.raises(ValueError, match="of the same length and not empty"):
            task.evaluate(x, y)


@EVERY_KIND
def test_what_does_not_belong_together_is_refused(kind):
    task = kind.task()
    refused = [
        (kind.x, kind.y[:3], None, "`x` and `y` must be of the same length"),
        (kind.x[:3], kind.y, None, "`x` and `y` must be of the same length"),
        (kind.x, kind.y, [1.0] * 3, "`sample_weight` must hold a weight for each sentence"),
        (kind.x, kind.y, [1.0] * 9, "`sample_weight` must hold a weight for each sentence"),
        (kind.x, kind.y, [1.0, -1.0, 1.0, 1.0], "finite numbers of at least 0"),
        (kind.x, kind.y, [1.0, float("nan"), 1.0, 1.0], "finite numbers of at least 0"),
        (kind.x, kind.y, ["1", "1", "1", "1"], "finite numbers of at least 0"),
        (kind.x, None, None, "give sentences and labels"),
        (kind.x, "pos", None, "Received: one string"),
    ]
    for x, y, weights, message in refused:
        with pytest.raises(ValueError, match=message):
            task.fit(x, y, sample_weight=weights, verbose=0)
        with pytest.raises(ValueError, match=message):
            task.evaluate(x, y, sample_weight=weights, verbose=0)
        with pytest.raises(ValueError, match=message):
            task.fit(kind.x, kind.y, validation_data=(x, y, weights), verbose=0)
    for x in ({"a": kind.x}, set(TEXTS), 3):
        with pytest.raises((TypeError, ValueError), match="Received: "):
            task.predict(x)
    with pytest.raises(ValueError, match="`validation_data` must be"):
        task.fit(kind.x, kind.y, validation_data=[kind.x], verbose=0)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": kind.x, "label": kind.y, "more": kind.x})
    with pytest.raises(ValueError, match=r"Received: .*text, label, more"):
        task.fit(frame, kind.y, verbose=0)


@EVERY_KIND
def test_an_unknown_argument_is_refused_with_the_nearest_name(kind):
    task, both = kind.task(), (kind.x, kind.y)
    calls = [
        (task.fit, both, "epoch", "epochs"),
        (task.fit, both, "batchsize", "batch_size"),
        (task.fit, both, "sample_weights", "sample_weight"),
        (task.evaluate, both, "return_dicts", "return_dict"),
        (task.predict, both[:1], "batchsize", "batch_size"),
        (task.compile, (), "learningrate", "learning_rate"),
        (type(task), (task.backbone,), "lstm_unit", "lstm_units"),
    ]
    for call, given, wrong, right in calls:
        more = kind.arguments if isinstance(call, type) else {}
        with pytest.raises(TypeError, match=f"no argument `{wrong}`. Did you mean `{right}`?"):
            call(*given, **{wrong: 1}, **more)
