"""Tables by themselves: formats that bilm-tf's files do not exercise."""

import numpy as np
import pytest

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.table import Rule, Table, differences, listing

# Two variables in one key, the second negated and turned: AllenNLP's highways are stored like this.
TABLE = Table(
    (
        Rule("layers.{k}.weight", "highway_{k}/transform", np.transpose, np.transpose),
        Rule("layers.{k}.weight", "highway_{k}/carry", lambda w: -w.T, lambda w: -w.T),
        Rule("gamma", "gamma"),
    ),
    ignored=(r"global_step", r".*/Adagrad"),
)
SHAPES = {"highway_10/carry": (3, 2), "highway_10/transform": (3, 4), "gamma": (1,)}


def test_keys_are_split_in_the_order_of_the_rules():
    layout = TABLE.layout(SHAPES)
    assert layout.shapes == {"layers.10.weight": (6, 3), "gamma": (1,)}
    stored = {"layers.10.weight": np.arange(18.0).reshape(6, 3), "gamma": np.ones(1)}
    variables = layout.load(stored, "the file")
    np.testing.assert_array_equal(
        variables["highway_10/transform"], stored["layers.10.weight"][:4].T
    )
    np.testing.assert_array_equal(variables["highway_10/carry"], -stored["layers.10.weight"][4:].T)

    written = {}
    layout.save(variables, lambda key, shape: written.setdefault(key, np.empty(shape, "f4")))
    for key, array in stored.items():
        np.testing.assert_array_equal(written[key], array)


def test_variable_without_a_rule():
    with pytest.raises(WeightsError, match=r"Received: \['highway_x/carry'\]"):
        TABLE.layout({**SHAPES, "highway_x/carry": (3, 2)})


def test_ignored_keys():
    assert TABLE.useful(["gamma", "global_step", "lm/B/Adagrad", "global_step_2"]) == [
        "gamma",
        "global_step_2",
    ]


def test_differences():
    assert differences({"a": (1,), "b": (2,)}, {"b": (3,), "c": ()}) == [
        "missing: a (1,)",
        "misshapen: b must be (2,). Received: (3,)",
        "surplus: c ()",
    ]


def test_listing_counts_what_it_leaves_out():
    assert listing(["a", "b", "c"], most=2) == "\n  a\n  b\n  … and 1 more"
    assert listing(["a", "b"], most=2) == "\n  a\n  b"
