"""A CRF in a model of one's own: its loss, accuracy and tags against an enumeration, and saving."""

from itertools import pairwise, product

import keras
import numpy as np
import pytest
from keras import ops
from support import to_numpy

from keras_elmo import CRF

TIME, TAGS = 4, 3
LENGTHS = [4, 2, 0, 1]
EAGERLY = keras.config.backend() != "jax"  # which compiles each operation by itself then
MASK = np.arange(TIME) < np.array(LENGTHS)[:, None]


@pytest.fixture
def data():
    """Word numbers, 0 where padded, and tags, which are no tags there."""
    random = np.random.default_rng(0)
    words = np.where(MASK, random.integers(1, 6, MASK.shape), 0).astype("int32")
    return words, np.where(MASK, random.integers(0, TAGS, MASK.shape), -100).astype("int32")


@pytest.fixture
def model():
    """Scores of words, masked, and a CRF whose weights are not zero; not compiled."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(6, TAGS, mask_zero=True, embeddings_initializer="normal"),
        keras.layers.Dense(TAGS, name="scores"),
        CRF(name="crf"),
    ]
    model = keras.Sequential(layers)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(size=value.shape) for value in model.get_weights()])
    return model


def compiled(model, **arguments):
    crf = model.get_layer("crf")
    model.compile(
        keras.optimizers.SGD(0.5),
        crf.loss,
        metrics=[crf.accuracy],
        run_eagerly=EAGERLY,
        **arguments,
    )
    return model


def sequences(model, words):
    """Of each sentence a dict: sequence of tags → its log-probability."""
    table, kernel, bias, start, transitions, end = (
        np.asarray(value, float) for value in model.get_weights()
    )
    found = []
    for row in words:
        x = table[row[row > 0]] @ kernel + bias
        scores = {}
        for path in product(range(TAGS), repeat=len(x)):
            score = sum(x[t, tag] for t, tag in enumerate(path))
            score += sum(transitions[pair] for pair in pairwise(path))
            scores[path] = score + (start[path[0]] + end[path[-1]] if path else 0.0)
        log_z = np.logaddexp.reduce(list(scores.values()))
        found.append({path: score - log_z for path, score in scores.items()})
    return found


@pytest.mark.portable
def test_tags_and_probabilities_are_those_of_the_enumeration(model, data):
    words, _ = data
    chain = model.predict(words, verbose=0)
    expected = sequences(model, words)
    paths = CRF.decode(chain)
    assert [tuple(path) for path in paths] == [max(row, key=row.get) for row in expected]
    assert all(np.issubdtype(path.dtype, np.integer) for path in paths)
    marginals = np.zeros((*MASK.shape, TAGS))
    for k, row in enumerate(expected):
        for path, score in row.items():
            marginals[k, range(len(path)), path] += np.exp(score)
    np.testing.assert_allclose(CRF.probabilities(chain), marginals, atol=1e-5)
    # As a part of a model too, and of a tensor.
    probabilities = keras.Model(model.inputs, CRF.probabilities(model.outputs[0]))
    np.testing.assert_allclose(probabilities.predict(words, verbose=0), marginals, atol=1e-5)
    tensor = ops.convert_to_tensor(chain)
    assert [list(path) for path in CRF.decode(tensor)] == [list(path) for path in paths]
    assert CRF.decode(chain[:0]) == []
    # Batches of different lengths, padded behind as `predict` joins them on TensorFlow.
    alone = [
        model.predict_on_batch(row[None, : max(n, 1)])
        for row, n in zip(words, LENGTHS, strict=True)
    ]
    joined = np.zeros_like(chain)
    for row, one in zip(joined, alone, strict=True):
        row[: one.shape[1]] = one[0]
    assert [list(path) for path in CRF.decode(joined[::-1])] == [list(p) for p in paths[::-1]]
    np.testing.assert_allclose(CRF.probabilities(joined), marginals, atol=1e-5)


@pytest.mark.portable
def test_loss_and_accuracy_are_those_of_the_enumeration(model, data):
    words, tags = data
    paths = [tuple(row[row >= 0]) for row in tags]
    losses = [-row[path] for row, path in zip(sequences(model, words), paths, strict=True)]
    of_sentence = np.array([1.0, 0.0, 3.0, 2.0], "float32")
    of_token = np.random.default_rng(2).random(MASK.shape).astype("float32")
    chain, crf = compiled(model).predict(words, verbose=0), model.get_layer("crf")
    right = CRF.probabilities(chain).argmax(axis=2) == tags
    for sample_weight in (np.ones(MASK.shape), of_token, of_sentence, of_sentence[:, None]):
        columns = sample_weight[:, None] if sample_weight.ndim == 1 else sample_weight
        weights = columns * MASK
        shares = weights.sum(axis=1) / np.maximum(LENGTHS, 1) / weights.sum()
        found = float(to_numpy(crf.loss(tags, chain, sample_weight)))
        np.testing.assert_allclose(found, shares @ losses, rtol=1e-4)
        accuracy = crf.accuracy
        accuracy.update_state(tags, chain, sample_weight)
        expected = (right * weights).sum() / weights.sum()
        np.testing.assert_allclose(float(to_numpy(accuracy.result())), expected, rtol=1e-5)
    # As a model measures them, whose padding and shape of the tags change nothing.
    padded = [np.pad(array, ((0, 0), (0, 2))) for array in data]
    measured = model.evaluate(padded[0], padded[1][:, :, None], verbose=0)
    expected = sum(losses) / MASK.sum(), right[MASK].mean()
    np.testing.assert_allclose(measured, expected, rtol=1e-4)


@pytest.mark.portable
def test_it_is_saved_with_its_loss_and_goes_on_training(model, data, tmp_path):
    compiled(model).fit(*data, verbose=0)
    model.save(tmp_path / "tagger.keras")
    loaded = keras.saving.load_model(tmp_path / "tagger.keras")
    histories = [one.fit(*data, verbose=0).history for one in (model, loaded)]
    assert list(histories[0]) == list(histories[1]) == ["accuracy", "loss"]
    for name, values in histories[0].items():
        assert values == pytest.approx(histories[1][name], rel=1e-6)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.portable
def test_the_loss_takes_the_transitions_that_the_call_was_given(model, data):
    """As a loop of one's own computes it: no variable of the layer is read behind the call."""
    words, tags = (ops.convert_to_tensor(array) for array in data)
    values = model.get_weights()
    others = [2 * value for value in values]
    chain, _ = model.stateless_call([ops.convert_to_tensor(value) for value in others], [], words)
    found = float(to_numpy(CRF().loss(tags, chain)))
    model.set_weights(others)
    np.testing.assert_allclose(found, float(to_numpy(CRF().loss(tags, model(words)))), rtol=1e-6)
    paths = [tuple(row[row >= 0]) for row in data[1]]
    losses = [-row[path] for row, path in zip(sequences(model, data[0]), paths, strict=True)]
    np.testing.assert_allclose(found, sum(losses) / MASK.sum(), rtol=1e-4)


@pytest.mark.portable
@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        keras.losses.sparse_categorical_crossentropy,
    ],
)
def test_cross_entropies_are_refused(model, data, loss):
    message = r"CRF 'crf'.*loss=.*crossentropy.*crf\.loss"
    whole = keras.Model(model.inputs, model.outputs)
    whole.compile("sgd", loss, run_eagerly=EAGERLY)
    with pytest.raises(ValueError, match=message):
        whole.fit(*data, verbose=0)
    part = keras.Model(model.inputs, CRF.probabilities(model.outputs[0]))
    part.compile("sgd", loss, metrics=["accuracy"], run_eagerly=EAGERLY)
    if keras.config.backend() == "jax":  # its layers do not see which model is trained
        with pytest.warns(UserWarning, match=message):
            part.fit(data[0], np.maximum(data[1], 0), verbose=0)
    else:
        with pytest.raises(ValueError, match=message):
            part.fit(*data, verbose=0)
    # What a model measures of probabilities is no training.
    part.evaluate(data[0], np.maximum(data[1], 0), verbose=0)


@pytest.mark.portable
def test_other_metrics_and_outputs(model, data):
    model.compile("sgd", CRF().loss, metrics=["accuracy"], run_eagerly=EAGERLY)
    with pytest.raises(ValueError, match=r"metrics='accuracy'.*crf\.accuracy"):
        model.fit(*data, verbose=0)
    # A cross-entropy of another output is that output's.
    outputs = {"tags": model.outputs[0], "other": model.get_layer("scores").output}
    both = keras.Model(model.inputs, outputs)
    other = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    both.compile("sgd", {"tags": CRF().loss, "other": other}, run_eagerly=EAGERLY)
    y = {"tags": data[1], "other": np.maximum(data[1], 0)}
    assert np.isfinite(both.fit(data[0], y, verbose=0).history["loss"]).all()


@pytest.mark.portable
@pytest.mark.parametrize("shape", [(4, 3), (4, 4, 3), (4,)])
def test_tags_of_another_shape_are_refused(model, data, shape):
    with pytest.raises(ValueError, match=r"int \(batch, time\).*time=4.*argmax"):
        CRF().loss(np.zeros(shape), model(data[0]))


@pytest.mark.portable
@pytest.mark.parametrize("number", [-1, TAGS, -100])
def test_what_is_no_tag_is_never_taken_for_one(model, data, number):
    words, tags = data
    tags[0, 1] = number
    chain = model(words)
    if keras.config.backend() == "tensorflow":
        with pytest.raises(Exception, match=r"a number from 0 to 2.*Received"):
            CRF().loss(tags, chain)
    else:
        assert np.isnan(float(to_numpy(CRF().loss(tags, chain))))


def test_tags_of_another_length_are_refused_in_a_graph(model, data):
    tf = pytest.importorskip("tensorflow")
    if keras.config.backend() != "tensorflow":
        pytest.skip("other backends know the shapes of their tensors")
    specs = [tf.TensorSpec([None, None], "int32"), tf.TensorSpec([None, None, 2 * TAGS + 1])]
    loss, chain = tf.function(CRF().loss, input_signature=specs), model(data[0])
    np.testing.assert_allclose(loss(data[1], chain), CRF().loss(data[1], chain), rtol=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`length=` fixes the time"):
        loss(data[1][:, :3], chain)


def test_what_no_crf_returned_is_refused():
    for shape in ((2, 0, 3), (2, 4, 4), (2, 3), (2, 4, 1), (2, 6, 7)):
        with pytest.raises(ValueError, match=r"What a `CRF` returned.*Received: .*shape=\(2, "):
            CRF.decode(np.zeros(shape))
