"""A rate for each layer group: each variable moves as its own optimizer alone would move it."""

import keras
import numpy as np
import pytest
from keras import ops
from support import small_backbone, to_numpy

from keras_elmo import ElmoPreprocessor, ElmoTextClassifier, discriminative_learning_rates
from keras_elmo.fine_tuning.learning_rates import layer_groups
from keras_elmo.fine_tuning.optimizer import GroupedOptimizer, clip_by_global_norm
from keras_elmo.layers.groups import elmo_group, group_of

GROUPS = ["word_layer", "bilm_1", "bilm_2", "mix", "head"]


def classifier(trainable_elmo=True):
    keras.utils.set_random_seed(1)
    return ElmoTextClassifier(
        small_backbone()[0],
        labels=["n", "p"],
        preprocessor=ElmoPreprocessor("whitespace", max_characters_per_token=8),
        trainable_elmo=trainable_elmo,
        lstm_units=4,
        elmo_dropout=0.0,
        recurrent_dropout=0.0,
        dropout=0.0,
    )


def steps_of(model, **options):
    """Train for one batch; how far each variable moved at most, by group."""
    before = {v.path: v.numpy() for v in model.weights}
    model.fit(["a b", "c d e"], ["n", "p"], verbose=0, **options)
    moved = {}
    for v in model.weights:
        step = np.abs(v.numpy() - before[v.path]).max()
        moved[group_of(v)] = max(moved.get(group_of(v), 0.0), step)
    return moved


@pytest.mark.portable
def test_each_group_moves_at_its_own_rate():
    # The first step of Adam has the size of the learning rate wherever there is a gradient.
    model = classifier()
    assert layer_groups(model) == GROUPS
    model.compile(discriminative_learning_rates(model, 1e-2, 1e-3, 0.5, rates={"mix": 3e-3}))
    moved = steps_of(model)
    expected = {"word_layer": 2.5e-4, "bilm_1": 5e-4, "bilm_2": 1e-3, "mix": 3e-3, "head": 1e-2}
    assert list(moved) == GROUPS
    for group, rate in expected.items():
        np.testing.assert_allclose(moved[group], rate, rtol=0.05)


def test_a_frozen_elmo_does_not_move():
    model = classifier(trainable_elmo=False)
    moved = steps_of(model)
    assert moved["word_layer"] == moved["bilm_1"] == moved["bilm_2"] == 0.0
    assert moved["head"] > 0.0


def test_the_parameter_table_counts_every_parameter_once_with_its_rate():
    model = classifier()
    model.compile(learning_rate=1e-2, elmo_learning_rate=1e-4, elmo_rate_decay=0.1)
    table = model.parameter_table()
    assert sum(row.parameters for row in table) == model.count_params()
    rates = {row.name: row.learning_rate for row in table}
    assert list(rates) == GROUPS
    np.testing.assert_allclose(list(rates.values()), [1e-6, 1e-5, 1e-4, 1e-2, 1e-2])
    model.compile()
    model.backbone.trainable = False
    frozen = model.parameter_table()[0]
    assert (frozen.trainable, frozen.learning_rate) == (False, 0.0)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("char_cnn/conv_0/kernel", "word_layer"),
        ("word_embedding/embeddings", "word_layer"),
        ("word_projection/kernel", "word_layer"),
        ("bilm/backward_11/bias", "bilm_12"),
        ("bilm/layer_0/forward_kernel", "bilm_1"),
        ("bilm/projection/kernel", "bilm_projection"),
    ],
)
def test_groups_of_elmo_by_path(path, group):
    assert elmo_group(path) == group


@pytest.mark.portable
def test_gradients_of_all_groups_are_clipped_together():
    variables = [keras.Variable(np.zeros(2, "f4"), name=name) for name in ("a", "b", "c")]
    optimizer = GroupedOptimizer(
        keras.optimizers.OptimizerMap(keras.optimizers.SGD(1.0), {"b": keras.optimizers.SGD(1.0)}),
        clip_norm=1.0,
    )
    gradients = [ops.convert_to_tensor(np.array(g, "f4")) for g in ([3, 0], [0, 4], [0, 0])]
    optimizer.apply(gradients, variables)
    np.testing.assert_allclose(to_numpy(variables[0].value), [-0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(to_numpy(variables[1].value), [0.0, -0.8], rtol=1e-6)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert (type(again), again.clip_norm) == (GroupedOptimizer, 1.0)


def test_clipping_leaves_small_gradients_and_those_that_are_none():
    found = clip_by_global_norm([np.array([0.3], "f4"), None, np.array([0.4], "f4")], 1.0)
    np.testing.assert_array_equal(to_numpy(found[0]), np.float32([0.3]))
    assert found[1] is None
    assert clip_by_global_norm([None], 1.0) == [None]


@pytest.mark.portable
def test_accumulated_batches_make_one_step():
    model = classifier()
    model.compile(discriminative_learning_rates(model, 1e-2, 1e-3, accumulate=2))
    assert not any(steps_of(model, batch_size=2).values())  # one batch of both sentences
    np.testing.assert_allclose(steps_of(model, batch_size=2)["head"], 1e-2, rtol=0.05)


def test_weight_decay_by_group():
    model = classifier()
    optimizer = discriminative_learning_rates(model, weight_decay={"bilm_1": 0.1})
    decays = {
        group_of(v): optimizer._optimizer_map(v).weight_decay for v in model.trainable_variables
    }
    assert decays == {**dict.fromkeys(GROUPS, 0.0), "bilm_1": 0.1}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"rates": {"bilm_3": 1e-4}},
            r"`rates` must be for groups of this model: word_layer, .*'bil",
        ),
        ({"weight_decay": {"lstm": 0.1}}, "`weight_decay` must be for groups"),
        ({"top": -1.0}, r"rate of ELMo must be a number of at least 0 .* Received: -1.0"),
        ({"schedule": "cosine"}, "`schedule` must be one of 'constant'"),
        ({"schedule": "slanted_triangular"}, "needs the batches of the whole training"),
    ],
)
def test_what_is_refused(options, told):
    with pytest.raises(ValueError, match=told):
        discriminative_learning_rates(classifier(), **options)


def test_one_rate_sets_those_of_all_groups():
    optimizer = discriminative_learning_rates(classifier(), 1e-2, 1e-3, 0.1, rates={"mix": 0.0})
    for rate in (0.0, 5e-3):  # a rate of 0 in between changes no ratio
        optimizer.learning_rate = rate
    found = {name: float(own.learning_rate) for name, own in optimizer.optimizer_map.items()}
    expected = {"word_layer": 5e-6, "bilm_1": 5e-5, "bilm_2": 5e-4, "mix": 0.0}
    assert found == pytest.approx(expected)
    assert float(optimizer.learning_rate) == pytest.approx(5e-3)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"head": 0.0}, ValueError, "must have been above 0"),
        ({"schedule": "warmup_cosine", "steps": 9}, TypeError, "of .*head follows a schedule"),
    ],
)
def test_one_rate_that_cannot_be_set(options, error, told):
    optimizer = discriminative_learning_rates(classifier(), **options)
    with pytest.raises(error, match=told):
        optimizer.learning_rate = 1e-3
