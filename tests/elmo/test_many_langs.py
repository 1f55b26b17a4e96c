"""ELMoForManyLangs: its own numbers, all layers, from words and characters, and from either."""

import json
import shutil

import numpy as np
import pytest
import torch_file_support
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import shared_file, to_numpy

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.embedding import ElmoEmbedding
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.loading import write_as_preset
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
from keras_elmo.weights import WeightsError
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats.many_langs import ENCODER_FILE, TOKEN_FILE
from keras_elmo.weights.formats.torch_file import list_tensors

CLOSE = {"atol": 1e-6, "rtol": 1e-5}


@pytest.fixture
def golden():
    return shared_file("data/golden/elmoformanylangs/cnn_elmo_word_char")


@pytest.fixture
def sentences(golden):
    return json.loads((golden.parent / "sentences.json").read_text(encoding="utf-8"))


@pytest.fixture
def model(golden, tmp_path):
    """A copy of the golden model."""
    return shutil.copytree(golden, tmp_path / "model")


def published(golden, sentences):
    """The vectors of each sentence with its boundaries: `(tokens + 2, layers, 2P)`."""
    with np.load(golden / "golden.npz") as file:
        output, order = file["output"], list(file["order"])
    return [
        output[:, order.index(i), : len(sentence) + 2].transpose(1, 0, 2)
        for i, sentence in enumerate(sentences)
    ]


def change(model, file, tensors):
    """Rewrite a file of tensors with some others; None leaves one out."""
    arrays = {name: array[...] for name, array in list_tensors(model / file).items()} | tensors
    kept = {name: array for name, array in arrays.items() if array is not None}
    torch_file_support.write(model / file, kept, torch_file_support.write_zip)


@pytest.mark.portable
def test_golden(golden, sentences):
    elmo = load_elmo(golden)
    assert elmo.format == "model of ELMoForManyLangs"
    backbone = ElmoBackbone.from_preset(elmo, keep_boundaries=True)
    batch = ElmoPreprocessor.from_preset(elmo)(sentences)
    features = backbone.predict_on_batch(batch)
    for found, expected in zip(features, published(golden, sentences), strict=True):
        np.testing.assert_allclose(found[: len(expected)], expected, **CLOSE)


@pytest.mark.parametrize("engine", ["keras", "onnx"])
def test_embedder(golden, sentences, engine, tmp_path):
    """From the files and from a preset made of them, without boundaries."""
    if engine == "onnx":
        pytest.importorskip("onnxruntime")
    elmo = load_elmo(golden)
    ElmoBackbone.from_preset(elmo).save_to_preset(tmp_path / "preset")
    ElmoPreprocessor.from_preset(elmo).save_to_preset(tmp_path / "words")
    shutil.copy(tmp_path / "words/preprocessor.json", tmp_path / "preset")
    for path in (golden, tmp_path / "preset"):
        features = ElmoEmbedder(path, engine=engine).embed(sentences)
        for found, expected in zip(features, published(golden, sentences), strict=True):
            np.testing.assert_allclose(found, expected[1:-1], **CLOSE)


def test_characters_alone(model, sentences):
    """As if the words' part of the projection were zero."""
    weight = list_tensors(model / TOKEN_FILE)["projection.weight"][...]
    whole = ElmoBackbone.from_preset(model)
    kernel = next(v for v in whole.weights if "word_projection" in v.path)
    kernel.assign(np.zeros(kernel.shape))
    change(
        model,
        TOKEN_FILE,
        {"word_emb_layer.embedding.weight": None, "projection.weight": weight[:, 6:].copy()},
    )
    alone = ElmoBackbone.from_preset(model)
    assert alone.config.vocabulary_size is None
    with_words = ElmoPreprocessor.from_preset(load_elmo(model))(sentences)
    ids = with_words["character_ids"]
    assert ids.shape[-1] == 50
    zero = np.zeros_like(ids[..., :1])
    expected = whole.predict_on_batch(
        with_words | {"character_ids": np.concatenate([zero, ids], axis=-1)}
    )
    np.testing.assert_allclose(alone.predict_on_batch(with_words), expected, **CLOSE)


def test_words_alone(model, sentences):
    """As if the characters' part of the projection were zero."""
    weight = list_tensors(model / TOKEN_FILE)["projection.weight"][...]
    whole = ElmoBackbone.from_preset(model)
    kernel = next(v for v in whole.weights if "char_cnn/projection/kernel" in v.path)
    kernel.assign(np.zeros(kernel.shape))
    expected = whole.predict_on_batch(ElmoPreprocessor.from_preset(model)(sentences))
    names = list_tensors(model / TOKEN_FILE)
    gone = [name for name in names if not name.startswith(("word_emb_layer", "projection"))]
    change(
        model,
        TOKEN_FILE,
        {**dict.fromkeys(gone), "projection.weight": weight[:, :6].copy()},
    )
    alone = ElmoBackbone.from_preset(model)
    batch = ElmoPreprocessor.from_preset(model)(sentences)
    assert batch.keys() == {"token_ids", "padding_mask"}
    np.testing.assert_allclose(alone.predict_on_batch(batch), expected, **CLOSE)


def test_settings_of_another_machine(model):
    (model / "config.json").write_text('{"config_path": "/home/them/configs/model_config.json"}')
    assert load_elmo(model).config["activation"] == "relu"
    settings = json.loads((model / "model_config.json").read_text())
    settings["token_embedder"]["activation"] = "tanh"
    (model / "model_config.json").write_text(json.dumps(settings))
    assert load_elmo(model).config["activation"] == "tanh"
    (model / "model_config.json").unlink()  # as published: relu
    assert load_elmo(model).config["activation"] == "relu"


@pytest.mark.portable
def test_the_other_encoder(golden, sentences):
    """As published, where padding is read like words; and without it, each sentence on its own."""
    golden = golden.parent / "cnn_lstm_word_char"
    with np.load(golden / "golden.npz") as file:
        arrays = dict(file)
    elmo = load_elmo(golden)
    backbone = ElmoBackbone.from_preset(elmo, keep_boundaries=True)
    names = [line.split("\t")[0] for line in (golden / "word.dic").read_text().splitlines()]
    marks = {"<bos>": "<S>", "<eos>": "</S>", "<oov>": "<UNK>"}
    places = np.array([1 + elmo.words.index(marks.get(name, name)) for name in names])
    word_ids = places[arrays["word_ids"]]
    ids = np.concatenate([word_ids[:, :, None], arrays["char_ids"] + 1], axis=-1)
    found = backbone.bilm(backbone.word_layer(ids))
    np.testing.assert_allclose(to_numpy(found)[:, :, 0], arrays["output"], **CLOSE)

    features = backbone.predict_on_batch(ElmoPreprocessor.from_preset(elmo)(sentences))
    assert features.shape[2:] == (1, 16)
    longest = arrays["order"][0]  # nothing is padded there
    np.testing.assert_allclose(features[longest, :, 0], arrays["output"][0], **CLOSE)
    for row, sentence in zip(features, sentences, strict=True):
        alone = backbone.predict_on_batch(ElmoPreprocessor.from_preset(elmo)([sentence]))
        np.testing.assert_allclose(row[: len(sentence) + 2], alone[0], **CLOSE)


def test_the_other_encoder_elsewhere(golden, sentences, tmp_path):
    """A preset of it, a task on it; what needs a biLM says so."""
    golden = golden.parent / "cnn_lstm_word_char"
    write_as_preset(load_elmo(golden), tmp_path / "preset")
    for path in (golden, tmp_path / "preset"):
        task = ElmoTextClassifier.from_preset(path, labels=["no", "yes"], lstm_units=4)
        task.compile()
        task.fit(["the sentence .", "unknown 日本語 ."], ["yes", "no"], epochs=1, verbose=0)
    first, again = (
        ElmoBackbone.from_preset(path).predict_on_batch(
            ElmoPreprocessor.from_preset(path)(sentences)
        )
        for path in (golden, tmp_path / "preset")
    )
    np.testing.assert_array_equal(first, again)
    backbone = ElmoBackbone.from_preset(golden)
    with pytest.raises(WeightsError, match="encoder='bilstm'"):
        backbone.save_hdf5(tmp_path / "w.hdf5", tmp_path / "o.json")
    with pytest.raises(ValueError, match="encoder 'bilstm'"):
        ElmoLanguageModel(backbone, 10)
    for engine in ("keras", "onnx"):
        with pytest.raises(ValueError, match="encoder 'bilstm'"):
            ElmoEmbedder(golden, engine=engine)
    with pytest.raises(ValueError, match="encoder='bilstm', stateful=True"):
        ElmoBackbone.from_preset(golden, stateful=True, batch_size=2)


@pytest.mark.parametrize(
    ("tensors", "told"),
    [
        ({"encoder.bias_ih_l1": None}, "surplus: encoder/encoder.bias_hh_l1"),
        ({"encoder.weight_hh_l0_reverse": None}, "missing: encoder/encoder.weight_hh_l0_reverse"),
        ({"projection.bias": np.zeros(3, "f4")}, r"misshapen: encoder/projection\.bias"),
    ],
)
def test_wrong_tensors_of_the_other_encoder(golden, tmp_path, tensors, told):
    model = shutil.copytree(golden.parent / "cnn_lstm_word_char", tmp_path / "model")
    change(model, ENCODER_FILE, tensors)
    with pytest.raises(WeightsError, match=told):
        load_elmo(model)


@pytest.mark.parametrize(
    ("file", "tensors", "told"),
    [
        (ENCODER_FILE, {"forward_layer_1.state_linearity.bias": None}, "missing: encoder/forward"),
        (TOKEN_FILE, {"surplus": np.zeros(2, "f4")}, "surplus: token_embedder/surplus"),
        (TOKEN_FILE, {"projection.bias": np.zeros(2, "f4")}, "misshapen: token_embedder/proj"),
        (
            TOKEN_FILE,
            {"char_emb_layer.embedding.weight": np.zeros((5, 5), "f4")},
            r"char\.dic: must have the ids 0 to 4",
        ),
    ],
)
def test_wrong_tensors(model, file, tensors, told):
    change(model, file, tensors)
    with pytest.raises(WeightsError, match=told) as caught:
        load_elmo(model)
    assert str(model) in str(caught.value)


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("char.dic", "a\t0\na\tb\t1\n", r"char\.dic, line 2"),
        ("char.dic", "a\t0\nb\t0\n", r"char\.dic, line 2"),
        ("word.dic", "a\tx\n", r"word\.dic, line 1"),
        ("word.dic", "".join(f"{i}w\t{i}\n" for i in range(8)), r"word\.dic: must have <bos>"),
        ("config.json", "{", r"config\.json"),
        ("char.dic", "".join(f"{chr(97 + i)}\t{i}\n" for i in range(37)), "without <bos>"),
        ("word.dic", "".join(f"{w}\t{i}\n" for i, w in enumerate("abcde")), "ids 0 to 7"),
    ],
)
def test_wrong_files(model, file, content, told):
    (model / file).write_text(content)
    with pytest.raises(WeightsError, match=told):
        load_elmo(model)


def test_missing_file(model):
    (model / "char.dic").unlink()
    with pytest.raises(FileNotFoundError, match=r"char\.dic"):
        load_elmo(model)


def test_what_needs_bytes_refuses(model, tmp_path):
    backbone = ElmoBackbone.from_preset(model)
    with pytest.raises(WeightsError, match="num_characters=38"):
        backbone.save_hdf5(tmp_path / "w.hdf5", tmp_path / "o.json")
    assert not (tmp_path / "w.hdf5").exists()
    with pytest.raises(ValueError, match="reads bytes or words"):
        ElmoLanguageModel(backbone, 10)
    with pytest.raises(ValueError, match="reads the bytes of words"):
        ElmoEmbedding(backbone)


def test_a_task_on_it(model):
    """Fine-tuned from words and characters: every part has a gradient, the word vectors too."""
    task = ElmoTextClassifier.from_preset(
        model, labels=["no", "yes"], lstm_units=4, trainable_elmo=True
    )
    before = {variable.path: variable.numpy() for variable in task.backbone.weights}
    task.compile(learning_rate=0.1, elmo_learning_rate=0.1)
    task.fit(["the sentence .", "unknown 日本語 ."], ["yes", "no"], epochs=1, verbose=0)
    for variable in task.backbone.weights:
        assert (variable.numpy() != before[variable.path]).any(), variable.path
    untrained = ElmoTextClassifier.from_preset(model, labels=["no", "yes"], load_weights=False)
    kernel = untrained.backbone.bilm.forward_layers[0].kernel
    assert (kernel.numpy() != before[kernel.path]).all()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_files(golden, tmp_path_factory, data):
    """An error that names the folder, or a model whose arrays can be read; nothing else."""
    folder = tmp_path_factory.getbasetemp() / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(golden, folder)
    name = data.draw(
        st.sampled_from([TOKEN_FILE, ENCODER_FILE, "char.dic", "word.dic", "model_config.json"])
    )
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.just(len(content)) | st.integers(0, len(content))) :]
    (folder / name).write_bytes(content)
    told = str(folder)
    try:
        dict(load_elmo(folder).variables)
    except WeightsError as error:
        told = str(error)
    assert str(folder) in told
