"""What several tests share: the published numbers, random models, and what every layer must do.

Keras is imported inside the functions that need it: the tests of the NumPy rooms use this too.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from keras_elmo.weights import expected_shapes

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_file(*parts):
    """Return a path under the folder of shared data beside the repository, or skip the test."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {path}, which is not part of the repository")
    return path


def golden_allennlp():
    """Return the folder of AllenNLP's published ELMo fixture, or skip the test.

    The wheel of allennlp 0.9.0 carries the same files. `make test` lays it into a folder of its own
    and names that in KERAS_ELMO_FIXTURES; the package, far too old for today's Python, is never
    imported.
    """
    path = SHARED / "data/golden/allennlp/test_fixtures/elmo"
    if not path.exists():
        path = _fixtures() / "allennlp/tests/fixtures/elmo"
    if not path.exists():
        pytest.skip(f"needs {SHARED} or {_fixtures()}, which `make test` fills from allennlp 0.9.0")
    return path


def golden_bilm_tf():
    """Return the folder of bilm-tf's published ELMo fixture, or skip the test."""
    return shared_file("data/golden/bilm-tf/tests/fixtures/model")


def _fixtures():
    """Return the folder of fetched fixtures: by default where `make test` puts them."""
    return Path(os.environ.get("KERAS_ELMO_FIXTURES") or Path(sys.prefix) / "fixtures")


def without_checksums(folder):
    """Make a preset one of those that were written before there were checksums."""
    path = folder / "metadata.json"
    metadata = json.loads(path.read_text())
    del metadata["files"]
    path.write_text(json.dumps(metadata))


def random_variables(config, seed=0):
    """Return random float32 variables for `config`, embedding rows for masked steps being zero."""
    rng = np.random.default_rng(seed)
    variables = {
        path: rng.normal(scale=0.4, size=shape).astype(np.float32)
        for path, shape in expected_shapes(config).items()
    }
    for path, array in variables.items():
        if path.endswith("/embeddings"):
            array[0] = 0
    return variables


def small_config(**changes):
    """Return the configuration of a small character-input model, with some `changes`."""
    return {
        "vocabulary_size": None,
        "max_characters_per_token": 8,
        "char_embedding_dim": 4,
        "char_filters": [[1, 8], [2, 8]],
        "num_highways": 1,
        "activation": "relu",
        "projection_dim": 4,
        "units": 6,
        "num_layers": 2,
        "cell_clip": 3.0,
        "projection_clip": 3.0,
        "use_skip_connections": True,
        "lstm_projection": True,
        "forget_bias": 1.0,
        **changes,
    }


@st.composite
def elmo_configs(draw, word_input=None):
    """Draw small configurations of every kind the published formats can hold."""
    word_input = draw(st.booleans()) if word_input is None else word_input
    sizes = st.integers(1, 6)
    clips = st.none() | st.sampled_from([0.25, 1.0, 3.0])
    length = draw(st.integers(4, 9))
    filters = draw(st.lists(st.tuples(st.integers(1, 4), sizes).map(list), min_size=1, max_size=3))
    # As often as not the filters add up to the projection, and the projection to the units.
    projection_dim = draw(sizes | st.just(sum(count for _, count in filters)))
    units = draw(sizes | st.just(projection_dim))
    return {
        "vocabulary_size": draw(st.integers(3, 12)) if word_input else None,
        "max_characters_per_token": 50 if word_input else length,
        "char_embedding_dim": 16 if word_input else draw(sizes),
        "char_filters": [] if word_input else filters,
        "num_highways": 0 if word_input else draw(st.integers(0, 2)),
        "activation": "relu" if word_input else draw(st.sampled_from(["relu", "tanh"])),
        "projection_dim": projection_dim,
        "units": units,
        "num_layers": draw(st.integers(1, 3)),
        "cell_clip": draw(clips),
        "projection_clip": draw(clips),
        "use_skip_connections": draw(st.booleans()),
        "lstm_projection": units != projection_dim or draw(st.booleans()),
        "forget_bias": 1.0,
    }


def small_backbone(seed=0, **changes):
    """Return a small `ElmoBackbone` with random variables, and its configuration and variables."""
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.variables import assign_variables

    config = small_config(**changes)
    extras = {name: config.pop(name) for name in ("keep_boundaries",) if name in config}
    variables = random_variables(config, seed)
    backbone = ElmoBackbone(**config, **extras)
    assign_variables(backbone, variables)
    return backbone, config, variables


def to_numpy(tree):
    """Return a structure of tensors as one of NumPy arrays."""
    import keras

    return keras.tree.map_structure(keras.ops.convert_to_numpy, tree)


def gradients(loss_fn, variables):
    """Return the gradient of `loss_fn()` for each Keras variable as NumPy arrays, or None."""
    import keras

    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = loss_fn()
        found = tape.gradient(loss, variables)
        return [None if g is None else tf.convert_to_tensor(g).numpy() for g in found]
    if backend == "jax":
        import jax

        def stateless(values):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return loss_fn()

        found = jax.jit(jax.grad(stateless))([v.value for v in variables])
        return [np.asarray(g) for g in found]
    for variable in variables:
        variable.value.grad = None
    loss_fn().backward()
    return [None if (g := v.value.grad) is None else g.cpu().numpy() for v in variables]


def check_layer_contract(layer, *inputs, mask=None):
    """What every layer of ours keeps to; returns its outputs as NumPy arrays.

    The configuration survives JSON and makes the same layer again, registered by its name; outputs
    have the declared shapes, dtypes and mask; each trainable variable gets a float32 gradient.
    """
    import keras

    masked = {} if mask is None else {"mask": keras.ops.convert_to_tensor(mask)}
    tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
    outputs = to_numpy(layer(*tensors, **masked))

    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    assert written["registered_name"] == f"keras_elmo>{type(layer).__name__}"
    again = keras.saving.deserialize_keras_object(written)
    again(*tensors, **masked)
    again.set_weights(layer.get_weights())
    for x, y in _pairs(to_numpy(again(*tensors, **masked)), outputs):
        np.testing.assert_array_equal(x, y)

    specs = [keras.KerasTensor(x.shape, keras.backend.standardize_dtype(x.dtype)) for x in inputs]
    for spec, output in _pairs(layer.compute_output_spec(*specs), outputs):
        assert (tuple(spec.shape), spec.dtype) == (output.shape, str(output.dtype))
    if mask is not None:
        declared = to_numpy(layer.compute_mask(tensors[0], masked["mask"]))
        assert declared.shape == keras.tree.flatten(outputs)[0].shape[:2]

    def loss():
        found = keras.tree.flatten(layer(*tensors, **masked))[0]
        weights = np.random.default_rng(0).normal(size=found.shape).astype("float32")
        return keras.ops.sum(found * keras.ops.convert_to_tensor(weights))

    variables = layer.trainable_variables
    found = gradients(loss, variables) if variables else []
    for variable, gradient in zip(variables, found, strict=True):
        assert gradient is not None, variable.path
        assert gradient.dtype == np.float32, variable.path
        assert np.isfinite(gradient).all(), variable.path
        assert gradient.any(), variable.path
    return outputs


def _pairs(left, right):
    import keras

    return zip(keras.tree.flatten(left), keras.tree.flatten(right), strict=True)


def check_padding(layer, x, lengths, atol=1e-6):
    """Each row gives the same numbers alone as in the batch `x`, whatever stands in its padding."""
    import keras

    mask = np.arange(x.shape[1]) < np.asarray(lengths)[:, None]
    noisy = np.where(mask.reshape(*mask.shape, *[1] * (x.ndim - 2)), x, 7).astype(x.dtype)
    together = to_numpy(layer(keras.ops.convert_to_tensor(noisy), mask=mask))
    for row, length in enumerate(lengths):
        alone = to_numpy(layer(keras.ops.convert_to_tensor(x[row : row + 1, :length])))
        np.testing.assert_allclose(together[row, :length], alone[0], atol=atol, rtol=1e-5)
    return together, mask


def oracle_log_probs(config, variables, kernel, bias, tokens):
    """Return what both directions predict in one sentence of n tokens, by the NumPy oracle.

    Log-probabilities (n + 2, V) forward, where row i is predicted after the i-th token, `<S>` being
    the 0th; and backward, where row i is predicted after reading down to it.
    """
    import oracle

    if config["vocabulary_size"] is None:
        ids, lengths = oracle.character_ids([tokens], config["max_characters_per_token"])
        words = oracle.token_embeddings(config, _doubles(variables), ids)
    else:  # tokens are ids of the embedding, <S> and </S> standing at 1 and 2
        words = _doubles(variables)["word_embedding/embeddings"][[[1, *tokens, 2]]]
        lengths = [len(tokens) + 2]
    layers, _ = oracle.bilm(config, _doubles(variables), words, lengths)
    both = np.split(layers[-1][0], 2, axis=-1)
    return [np.log(_softmax(states @ np.asarray(kernel, float).T + bias)) for states in both]


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _doubles(variables):
    return {path: np.asarray(array, np.float64) for path, array in variables.items()}
