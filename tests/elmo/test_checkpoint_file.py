"""Training checkpoints of bilm-tf: the ELMo of the HDF5 of the same training, and a softmax."""

import json
import shutil
import sys

import numpy as np
import pytest
from support import oracle_log_probs, random_variables, shared_file, small_config

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.elmo.word_prediction import ElmoWordPredictor
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.evaluation import perplexity
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.weights import WeightsError, load_bilm_tf
from keras_elmo.weights.formats.bilm_tf_checkpoint import TABLE, checkpoint_prefix
from keras_elmo.weights.options import options_from_config
from keras_elmo.weights.shapes import expected_shapes

tf = pytest.importorskip("tensorflow")
WORDS = [*MARKS, "a", "dog", "barks", *(f"w{i}" for i in range(14))]
SENTENCES = [["a", "dog"], ["rain", "barks", "naïvely", "w3"]]


@pytest.fixture(params=["tiny_ckpt_1", "tiny_ckpt_2"])
def golden(request, tmp_path):
    """A copy of a golden checkpoint with a vocabulary beside it."""
    source = shared_file("data/golden/tf1_checkpoints", request.param)
    folder = shutil.copytree(source, tmp_path / "training")
    Vocabulary(WORDS).save(folder / "vocab.txt")
    return folder


def softmax_of(folder):
    reader = tf.train.load_checkpoint(str(folder / "model.ckpt-0"))
    return reader.get_tensor("lm/softmax/W"), reader.get_tensor("lm/softmax/b")


def test_the_backbone_is_that_of_the_hdf5(golden):
    model = ElmoLanguageModel.from_preset(golden)
    vocabulary = model.vocabulary
    assert list(vocabulary.tokens) == WORDS
    other = ElmoBackbone.from_preset(golden / "weights.hdf5")
    received, expected = arrays_by_path(model.backbone), arrays_by_path(other)
    assert received.keys() == expected.keys()
    for path in expected:
        np.testing.assert_array_equal(received[path], expected[path])
    for name, array in zip(("kernel", "bias"), softmax_of(golden), strict=True):
        np.testing.assert_array_equal(getattr(model.softmax, name).numpy(), array)


def test_perplexity_is_the_oracles(golden):
    config, variables = load_bilm_tf(golden / "weights.hdf5", golden / "options.json")
    losses = []
    for tokens in SENTENCES:
        forward, backward = oracle_log_probs(config, variables, *softmax_of(golden), tokens)
        ids = [WORDS.index(word) if word in WORDS else 2 for word in ["<S>", *tokens, "</S>"]]
        steps = range(len(tokens) + 1)
        losses += [-forward[i, ids[i + 1]] for i in steps]
        losses += [-backward[i + 1, ids[i]] for i in steps]
    model = ElmoLanguageModel.from_preset(golden / "model.ckpt-0")
    result = perplexity(model, encode_sentences(SENTENCES, WORDS))
    assert result["perplexity"] == pytest.approx(np.exp(np.mean(losses)), rel=1e-5)
    assert result["unknown"] == pytest.approx(2 / 6)


def write_checkpoint(folder, config, *, drop=(), options=(), **extras):
    """Write a random model as bilm-tf's training would; returns its variables."""
    folder.mkdir()
    Vocabulary(WORDS).save(folder / "vocab.txt")
    size, width = len(WORDS), config["projection_dim"]
    shapes = {"softmax/kernel": (size, width), "softmax/bias": (size,)}
    random = np.random.default_rng(5)
    variables = random_variables(config)
    variables |= {name: random.normal(size=shape) for name, shape in shapes.items()}
    arrays = {}
    TABLE.layout(expected_shapes(config) | shapes).save(
        variables, lambda key, shape: arrays.setdefault(key, np.zeros(shape, np.float32))
    )
    arrays |= {f"{key}/Adagrad": array for key, array in arrays.items()}
    arrays |= {"global_step": np.int64(7), "train_perplexity": np.float32(50), **extras}
    names = [name for name in arrays if name not in drop]
    tf.raw_ops.SaveV2(
        prefix=str(folder / "model.ckpt-7"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(arrays[name]) for name in names],
    )
    (folder / "checkpoint").write_text('model_checkpoint_path: "/gone/model.ckpt-7"\n')
    text = json.dumps(options_from_config(config) | dict(options))
    (folder / "options.json").write_text(text)
    return variables


@pytest.mark.parametrize("layers", [1, 2])
def test_word_input(tmp_path, layers):
    config = small_config(vocabulary_size=len(WORDS), num_layers=layers)
    variables = write_checkpoint(tmp_path / "words", config)
    (score,) = ElmoWordPredictor.from_preset(tmp_path / "words").score([["a", "rain"]])
    softmax = variables["softmax/kernel"], variables["softmax/bias"]
    forward, backward = oracle_log_probs(config, variables, *softmax, [4, 3])
    np.testing.assert_allclose(score.forward, forward[[0, 1, 2], [3, 2, 1]], atol=1e-5)
    np.testing.assert_allclose(score.backward, backward[[2, 3, 1], [3, 2, 0]], atol=1e-5)


def test_shared_embeddings(tmp_path):
    config = small_config(vocabulary_size=len(WORDS))
    shared = {"drop": ["lm/softmax/W"], "options": {"share_embedding_softmax": True}}
    variables = write_checkpoint(tmp_path / "shared", config, **shared)
    model = ElmoLanguageModel.from_preset(tmp_path / "shared")
    expected = variables["word_embedding/embeddings"][1:]
    np.testing.assert_array_equal(model.softmax.kernel.numpy(), expected)


CHANGES = [
    ({"drop": ["lm/CNN/b_cnn_1"]}, "missing: lm/CNN/b_cnn_1"),
    ({"lm/other": np.zeros(3, np.float32)}, r"surplus: lm/other \(3,\)"),
    ({"lm/char_embed": np.zeros((9, 4), np.float32)}, r"misshapen: lm/char_embed must be \(261, 4"),
    ({"drop": ["lm/softmax/b"]}, "must be a checkpoint of bilm-tf's training"),
    ({"options": {"lstm": {}}}, "option lstm.dim must be"),
]


@pytest.mark.parametrize(("changes", "message"), CHANGES, ids=[message for _, message in CHANGES])
def test_contents_that_do_not_fit(tmp_path, changes, message):
    write_checkpoint(tmp_path / "wrong", small_config(), **changes)
    with pytest.raises(WeightsError, match=message):
        ElmoLanguageModel.from_preset(tmp_path / "wrong")


def test_files_that_do_not_fit(tmp_path, monkeypatch):
    folder = tmp_path / "training"
    write_checkpoint(folder, small_config())
    Vocabulary(WORDS[:-1]).save(folder / "vocab-short.txt")
    with pytest.raises(FileNotFoundError, match=r"Received: vocab-short.txt, vocab.txt. Name"):
        ElmoLanguageModel.from_preset(folder)
    with pytest.raises(WeightsError, match=r"must have the 20 words .* Received: 19 words"):
        ElmoLanguageModel.from_preset(folder, vocabulary=folder / "vocab-short.txt")
    ElmoLanguageModel.from_preset(folder, vocabulary=folder / "vocab.txt")

    data = folder / "model.ckpt-7.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(WeightsError, match="must be a whole checkpoint"):
        ElmoLanguageModel.from_preset(folder, vocabulary=folder / "vocab.txt")
    (folder / "model.ckpt-7.index").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="must be a whole checkpoint"):
        ElmoLanguageModel.from_preset(folder, vocabulary=folder / "vocab.txt")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match=r'pip install "keras-elmo\[tensorflow\]"'):
        ElmoLanguageModel.from_preset(folder, vocabulary=folder / "vocab.txt")


def test_which_checkpoint_a_path_means(tmp_path):
    assert checkpoint_prefix(tmp_path) is None
    assert checkpoint_prefix("elmo_mini_en") is None
    for number in (1, 2):
        (tmp_path / f"model.ckpt-{number}.index").touch()
    assert checkpoint_prefix(tmp_path / "model.ckpt-1") == tmp_path / "model.ckpt-1"
    with pytest.raises(ValueError, match=r"Received: model.ckpt-1, model.ckpt-2\. Give one"):
        checkpoint_prefix(tmp_path)
    state = 'model_checkpoint_path: "/old/place/model.ckpt-2"\nall_model_checkpoint_paths: "x"\n'
    (tmp_path / "checkpoint").write_text(state)
    assert checkpoint_prefix(tmp_path) == tmp_path / "model.ckpt-2"
    (tmp_path / "config.json").touch()
    assert checkpoint_prefix(tmp_path) is None
