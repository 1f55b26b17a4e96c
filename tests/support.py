"""What several tests share: where the published numbers lie, and random models to try."""

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
