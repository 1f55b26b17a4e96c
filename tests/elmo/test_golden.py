"""Others' published numbers, computed by our Keras model from their files, on every backend."""

import json

import h5py
import numpy as np
import pytest
from oracle import character_ids
from support import golden_allennlp, golden_bilm_tf, shared_file, to_numpy

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.variables import assign_variables
from keras_elmo.text.characters import CharacterEncoder
from keras_elmo.weights import load_bilm_tf

CLOSE = {"atol": 1e-6, "rtol": 1e-5}


def published_backbone(folder, **changes):
    config, arrays = load_bilm_tf(folder / "lm_weights.hdf5", folder / "options.json")
    backbone = ElmoBackbone(**config, **changes)
    assign_variables(backbone, arrays)
    return backbone


@pytest.mark.portable
@pytest.mark.parametrize(
    ("folder", "sentences_file"),
    [(golden_allennlp, "sentences.json"), (golden_bilm_tf, "lm_embeddings_sentences.json")],
)
def test_published_features(folder, sentences_file):
    folder = folder()
    backbone = published_backbone(folder, stateful=True, batch_size=3)
    assert_published_features(backbone, folder, sentences_file)


@pytest.mark.portable
def test_published_features_by_a_model_of_allennlp():
    """The ELMo inside a tagger was the published one: only its file is another."""
    folder = golden_allennlp()
    model = shared_file("data/golden/allennlp/test_fixtures/simple_tagger_with_elmo/serialization")
    for path in (model / "best.th", model / "model.tar.gz"):
        backbone = ElmoBackbone.from_preset(path, stateful=True, batch_size=3)
        assert_published_features(backbone, folder, "sentences.json")


def assert_published_features(backbone, folder, sentences_file):
    """Ten batches of three; the published vectors carry the state from one to the next."""
    columns = json.loads((folder / sentences_file).read_text(encoding="utf-8"))
    batches = [[sentence.split() for sentence in batch] for batch in zip(*columns, strict=True)]
    longest = max(len(sentence) for batch in batches for sentence in batch)
    files = [h5py.File(folder / f"lm_embeddings_{k}.hdf5") for k in range(3)]
    assert len(batches) == len(files[0]) == 10
    for i, batch in enumerate(batches):
        ids = CharacterEncoder().encode(batch, longest)
        features = backbone.predict_on_batch(
            {"character_ids": ids, "padding_mask": ids[:, :, 0] > 0}
        )
        for k, sentence in enumerate(batch):
            forward, backward = files[k][str(i)][...]
            published = np.concatenate([forward, backward], axis=-1)
            np.testing.assert_allclose(features[k, : len(sentence), -1], published, **CLOSE)
            assert not features[k, len(sentence) :].any()


@pytest.mark.portable
def test_published_token_embeddings():
    folder = golden_allennlp()
    backbone = published_backbone(folder)
    words = (folder / "vocab_test.txt").read_text(encoding="utf-8").split("\n")[:458]
    ids, _ = character_ids([words])
    marks = {"<S>": ids[0, 0], "</S>": ids[0, -1]}
    ids = np.stack([marks.get(word, row) for word, row in zip(words, ids[0, 1:-1], strict=True)])
    with h5py.File(folder / "elmo_token_embeddings.hdf5") as file:
        published = file["embedding"][...]
    assert len(published) == 458
    np.testing.assert_allclose(to_numpy(backbone.word_layer(ids)), published, **CLOSE)
