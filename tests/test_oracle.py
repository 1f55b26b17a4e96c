"""The NumPy oracle reproduces others' published numbers, so that it may judge ours."""

import json

import h5py
import numpy as np
import pytest
from oracle import character_ids, elmo_features, token_embeddings
from support import golden_allennlp, golden_bilm_tf

from keras_elmo.weights import load_bilm_tf

CLOSE = {"atol": 1e-6, "rtol": 1e-5}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("folder", "sentences_file"),
    [(golden_allennlp, "sentences.json"), (golden_bilm_tf, "lm_embeddings_sentences.json")],
)
def test_published_features(folder, sentences_file, dtype):
    folder = folder()
    config, variables = load_bilm_tf(folder / "lm_weights.hdf5", folder / "options.json")
    variables = dict(variables)
    columns = json.loads((folder / sentences_file).read_text(encoding="utf-8"))
    state, compared = None, 0
    for i, batch in enumerate(zip(*columns, strict=True)):
        ids, lengths = character_ids([sentence.split() for sentence in batch])
        features, state = elmo_features(config, variables, ids, lengths, state, dtype)
        for k, length in enumerate(lengths - 2):
            with h5py.File(folder / f"lm_embeddings_{k}.hdf5") as file:
                forward, backward = file[str(i)][...]
            published = np.concatenate([forward, backward], axis=-1)
            np.testing.assert_allclose(features[k, :length, -1], published, **CLOSE)
            assert not features[k, length:].any()
            compared += 1
    assert compared == 30


def test_published_token_embeddings():
    folder = golden_allennlp()
    config, variables = load_bilm_tf(folder / "lm_weights.hdf5", folder / "options.json")
    words = (folder / "vocab_test.txt").read_text(encoding="utf-8").split("\n")
    words = [word for word in words if word]
    ids, _ = character_ids([words])
    inner, bos, eos = ids[0, 1:-1], ids[0, 0], ids[0, -1]
    rows = {"<S>": bos, "</S>": eos}
    ids = np.stack([rows.get(word, row) for word, row in zip(words, inner, strict=True)])
    with h5py.File(folder / "elmo_token_embeddings.hdf5") as file:
        published = file["embedding"][...]
    assert len(published) == len(words) == 458
    np.testing.assert_allclose(token_embeddings(config, variables, ids), published, **CLOSE)
