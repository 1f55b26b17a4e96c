"""Plans of unfreezing, and what of a model may train in a stage."""

import pytest
from support import small_backbone

from keras_elmo import ElmoTextClassifier
from keras_elmo.fine_tuning.unfreezing import (
    Stage,
    frozen_layers,
    set_trainable,
    unfreezing_plan,
)
from keras_elmo.layers.groups import group_of

GROUPS = ["word_layer", "bilm_1", "bilm_2", "mix", "head"]
OTHERS = ["mix", "head"]


@pytest.mark.parametrize(
    ("plan", "stages"),
    [
        ("frozen", [(7, OTHERS)]),
        ("all", [(7, GROUPS)]),
        ("head_first", [(3, OTHERS), (4, GROUPS)]),
        (
            "gradual",
            [(1, OTHERS), (1, GROUPS[2:]), (1, GROUPS[1:]), (4, GROUPS)],
        ),
        (
            "chain_thaw",
            [(1, OTHERS), (1, ["word_layer"]), (1, ["bilm_1"]), (1, ["bilm_2"]), (3, GROUPS)],
        ),
        ([Stage(["head"], 2), Stage(["bilm_2", "head"])], [(2, ["head"]), (5, ["bilm_2", "head"])]),
        ([Stage(["head"], 2), Stage(["mix"], 1)], [(2, ["head"]), (5, ["mix"])]),
    ],
)
def test_plans(plan, stages):
    assert unfreezing_plan(plan, GROUPS, 7) == stages


@pytest.mark.parametrize(
    ("plan", "epochs", "told"),
    [
        ("head_first", 1, "2 epochs of stages for 1"),
        ("gradual", 3, "4 epochs of stages for 3"),
        ("chain_thaw", 4, "5 epochs of stages for 4"),
        (
            "slow",
            5,
            "must be one of 'frozen', 'all', 'head_first', 'gradual', 'chain_thaw', or stages",
        ),
        ([Stage(["bilm_3"])], 5, "for groups of this model: word_layer"),
        ([Stage(["head"]), Stage(["head"])], 5, "must have groups and epochs"),
        ([Stage([], 1)], 5, "must have groups and epochs"),
        ([], 5, "must have groups and epochs"),
    ],
)
def test_plans_that_cannot_be(plan, epochs, told):
    with pytest.raises(ValueError, match=told):
        unfreezing_plan(plan, GROUPS, epochs)


@pytest.mark.parametrize(
    ("groups", "frozen"),
    [
        (OTHERS, 3),
        (["bilm_2", "head"], 2),
        (["bilm_1", "head"], 1),
        (GROUPS, 0),
        (["word_layer"], 0),
        (["bilm_1", "bilm_2"], 1),
    ],
)
def test_exactly_these_groups_train(groups, frozen):
    task = ElmoTextClassifier(small_backbone()[0], labels=["a", "b"], lstm_units=2)
    for _ in range(2):  # from any state
        set_trainable(task, groups)
        assert {group_of(v) for v in task.trainable_variables} == set(groups)
        assert frozen_layers(task.backbone) == frozen
        set_trainable(task, GROUPS)
