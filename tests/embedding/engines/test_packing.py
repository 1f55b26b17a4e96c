"""Few long texts go through the biLM in long blocks: the same features in far fewer calls."""

import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.embedding.engines import packing
from keras_elmo.embedding.engines.keras_engine import KerasEngine

MAX_ROWS, STEPS = 8, 4
ROWS = MAX_ROWS * STEPS


@pytest.mark.parametrize(
    ("lengths", "most_blocks"),
    [
        # On JAX the rest goes in blocks of the usual size.
        pytest.param([2 * ROWS + 9], 6, marks=pytest.mark.portable),
        ([45, 60, 3, 9], 12),
    ],
)
def test_long_texts(lengths, most_blocks, monkeypatch):
    monkeypatch.setattr(packing, "MAX_ROWS", MAX_ROWS)
    monkeypatch.setattr(packing, "STEPS", STEPS)
    blocks, advance = [], KerasEngine.advance

    def noted(self, block, state, start):
        blocks.append(block.begins.shape)
        return advance(self, block, state, start)

    monkeypatch.setattr(KerasEngine, "advance", noted)
    backbone = small_backbone()[0]
    rng = np.random.default_rng(0)
    texts = [rng.choice(["a", "film", "plot", "bad"], size=n).tolist() for n in lengths]
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
    found = ElmoEmbedder(backbone, preprocessor).embed(texts)
    assert max(steps * rows for steps, rows, *_ in blocks) <= ROWS  # of bounded memory
    assert len(blocks) <= most_blocks
    for text, features in zip(texts, found, strict=True):
        direct = to_numpy(backbone(preprocessor([text])))[0]
        np.testing.assert_allclose(features, direct, atol=1e-5)
