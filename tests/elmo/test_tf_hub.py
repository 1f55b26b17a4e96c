"""A module built with the variables of TF-Hub's ELMo: all that its graph gives is reproduced."""

import tarfile

import keras
import numpy as np
import pytest
from support import random_variables, small_config

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.layers.scalar_mix import ScalarMix
from keras_elmo.weights import WeightsError, save_bilm_tf
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats.tf_hub import TABLE
from keras_elmo.weights.shapes import expected_shapes

tf = pytest.importorskip("tensorflow")
CONFIG = small_config(max_characters_per_token=50)
MIX, SCALING = [0.5, -1.0, 0.25], 0.8
SENTENCES = ["the cat is on the mat", "dogs are in the fog"]


@pytest.fixture
def variables():
    return random_variables(CONFIG)


@pytest.fixture
def module(tmp_path, variables):
    """Return a function that saves a module, its arrays changed by name (None leaves one out)."""

    def made(prefix="", aggregation="aggregation", **changes):
        arrays = {}

        def create(key, shape):
            name = f"{prefix}{key}"
            arrays[name] = np.zeros(shape, "f4")
            return arrays[name]

        TABLE.layout(expected_shapes(CONFIG)).save(variables, create)
        arrays[f"{prefix}{aggregation}/weights"] = np.array(MIX, "f4")
        arrays[f"{prefix}{aggregation}/scaling"] = np.array(SCALING, "f4")
        arrays |= {"Variable": np.zeros((2, 3), "f4"), "Variable_11": np.zeros(2, "f4")}
        arrays |= changes
        folder = tmp_path / "module"
        (folder / "variables").mkdir(parents=True)
        (folder / "saved_model.pb").write_bytes(b"")
        (folder / "tfhub_module.pb").write_bytes(b"\x08\x03")
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            kept = {name: array for name, array in arrays.items() if array is not None}
            saver = tf.compat.v1.train.Saver(
                {
                    name: tf.compat.v1.get_variable(name, initializer=array)
                    for name, array in kept.items()
                }
            )
            session.run(tf.compat.v1.global_variables_initializer())
            saver.save(session, str(folder / "variables/variables"), write_meta_graph=False)
        return folder

    return made


@pytest.mark.parametrize(
    ("prefix", "aggregation"),
    [("", "aggregation"), ("module/", "aggregation"), ("", "elmo_output/aggregation")],
)
def test_outputs(module, variables, tmp_path, prefix, aggregation):
    folder = module(prefix, aggregation)
    elmo = load_elmo(folder)
    assert elmo.format == "module of TF-Hub"
    assert sorted(elmo.ignored) == ["Variable", "Variable_11"]
    assert elmo.mixes[0].weights == tuple(MIX)
    assert elmo.mixes[0].gamma == pytest.approx(SCALING)
    save_bilm_tf(CONFIG, variables, tmp_path / "weights.hdf5", tmp_path / "options.json")
    same = ElmoBackbone.from_preset(tmp_path / "weights.hdf5")
    # `default` takes strings and splits them on spaces, `tokens` takes what they are split into.
    preprocessor = ElmoPreprocessor("whitespace")
    batch = preprocessor(SENTENCES)
    tokens = preprocessor([sentence.split(" ") for sentence in SENTENCES])
    np.testing.assert_array_equal(batch["character_ids"], tokens["character_ids"])
    features = ElmoBackbone.from_preset(folder).predict_on_batch(batch)
    np.testing.assert_array_equal(features, same.predict_on_batch(batch))
    size = CONFIG["projection_dim"]
    # `word_emb` is both halves of layer 0, `lstm_outputs1` and `2` the layers above it.
    np.testing.assert_array_equal(features[:, :, 0, :size], features[:, :, 0, size:])
    # `elmo` is their learned mix, `default` its mean over the words of a sentence.
    shares = np.exp(MIX) / np.exp(MIX).sum()
    expected = SCALING * np.einsum("l,btlf->btf", shares, features)
    mix, mean = ScalarMix(), SequencePooling("mean")
    mix.build(features.shape)
    mix.set_weights([np.array(elmo.mixes[0].weights), np.array(elmo.mixes[0].gamma)])
    mixed = mix(features)
    np.testing.assert_allclose(mixed, expected, rtol=1e-5, atol=1e-6)
    lengths = np.array([[6], [5]])
    np.testing.assert_allclose(
        mean(mixed, mask=batch["padding_mask"]),
        expected.sum(axis=1) / lengths,
        rtol=1e-5,
        atol=1e-6,
    )


def test_every_weight_of_the_bilm_learns(module):
    """TF-Hub trains four numbers; here all variables have a gradient."""
    backbone = ElmoBackbone.from_preset(module())
    batch = ElmoPreprocessor("whitespace")(SENTENCES)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(backbone(batch, training=True) ** 2)
    gradients = tape.gradient(loss, [variable.value for variable in backbone.trainable_variables])
    assert len(gradients) == len(expected_shapes(CONFIG))
    for gradient in gradients:
        assert np.abs(keras.ops.convert_to_numpy(tf.convert_to_tensor(gradient))).max() > 0


def test_in_an_archive(module, tmp_path, variables):
    folder = module()
    with tarfile.open(tmp_path / "3.tar.gz", "w:gz") as archive:
        archive.add(folder, ".")
    elmo = load_elmo(tmp_path / "3.tar.gz")
    for path, array in variables.items():
        np.testing.assert_array_equal(elmo.variables[path], array)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bilm/CNN_proj/b_proj": None}, "missing: bilm/CNN_proj/b_proj"),
        ({"bilm/CNN_proj/b_proj": np.zeros(5, "f4")}, "misshapen: bilm/CNN_proj/b_proj"),
        ({"bilm/surplus": np.zeros(5, "f4")}, "surplus: bilm/surplus"),
        ({"aggregation/weights": np.zeros(2, "f4")}, "misshapen: weights"),
        ({"bilm/char_embed": None}, "something else"),
    ],
)
def test_wrong_variables(module, changes, told):
    folder = module(**changes)
    with pytest.raises(WeightsError, match=told) as caught:
        load_elmo(folder)
    assert str(folder) in str(caught.value)


def test_a_truncated_module(module):
    folder = module()
    data = next((folder / "variables").glob("*.data-*"))
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(WeightsError, match="must be a whole checkpoint"):
        dict(load_elmo(folder).variables)
