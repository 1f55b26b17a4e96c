"""The embedder against single calls of the backbone: order, long sentences, state."""

import numpy as np
import pytest
from support import small_backbone

from keras_elmo import ElmoBackbone, ElmoPreprocessor
from keras_elmo.elmo.variables import arrays_by_path, assign_variables
from keras_elmo.embedding.embedder import ElmoEmbedder

SENTENCES = ["a bc", "", "d e f g h i j k l m n", "o", "p q r s", "t u v"]


@pytest.fixture
def backbone():
    return small_backbone()[0]


@pytest.mark.portable
def test_features_come_in_order_whatever_the_batches(backbone):
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=8)
    expected = [backbone.predict(preprocessor([s]), verbose=0)[0] for s in SENTENCES]
    for batch_size, max_tokens in ((1, 4096), (4, 4096), (4, 8)):
        embedder = ElmoEmbedder(backbone, batch_size=batch_size, max_tokens=max_tokens)
        found = embedder.embed(SENTENCES)
        assert [len(rows) for rows in found] == [len(s.split()) for s in SENTENCES]
        for rows, alone in zip(found, expected, strict=True):
            np.testing.assert_allclose(rows, alone[: len(rows)], atol=1e-6)


def test_it_reads_no_further_ahead_than_a_window(backbone):
    read = []

    def endless():
        while True:
            read.append(1)
            yield "a b"

    features = ElmoEmbedder(backbone, batch_size=2).embed_iter(endless())
    for _ in range(5):
        next(features)
    assert len(read) <= 64  # 32 batches


@pytest.mark.portable
def test_a_stateful_backbone_continues_row_by_row(backbone):
    stateful = ElmoBackbone(**{**backbone.get_config(), "stateful": True, "batch_size": 2})
    assign_variables(stateful, arrays_by_path(backbone))
    carried = ElmoEmbedder(stateful).embed(SENTENCES)
    stateful.reset_state()
    again = ElmoEmbedder(stateful).embed(SENTENCES)
    for a, b in zip(carried, again, strict=True):
        np.testing.assert_array_equal(a, b)
    fresh = ElmoEmbedder(backbone).embed(SENTENCES)
    np.testing.assert_allclose(carried[0], fresh[0], atol=1e-6)  # the first batch starts from zero
    assert np.abs(carried[2] - fresh[2]).max() > 1e-3  # the second continues
