"""The embedder against single calls of the backbone: every engine, any lengths, in flat memory."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import elmo_configs, random_variables, small_backbone

from keras_elmo import ElmoBackbone, ElmoPreprocessor
from keras_elmo.elmo.variables import arrays_by_path, assign_variables
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.embedding.engines.packing import MAX_ROWS, STEPS

SENTENCES = ["a bc", "", "d e f g h i j k l m n", "o", "p q r s", "t u v", "w " * (3 * STEPS)]
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


def alone(backbone, sentence):
    """The features of a sentence by itself, from the backbone."""
    length = backbone.config.max_characters_per_token
    preprocessor = ElmoPreprocessor("whitespace", max_characters_per_token=length)
    around = 2 if backbone.config.keep_boundaries else 0
    features = backbone.predict_on_batch(preprocessor([sentence]))[0]
    return np.asarray(features)[: len(sentence.split()) + around]


def assert_as_alone(embedder, backbone, sentences, atol=2e-6):
    found = embedder.embed(sentences)
    assert len(found) == len(sentences)
    for sentence, features in zip(sentences, found, strict=True):
        np.testing.assert_allclose(features, alone(backbone, sentence), atol=atol)


@pytest.mark.portable
@pytest.mark.parametrize("engine", ["keras", "onnx"])
@pytest.mark.parametrize("keep_boundaries", [False, True])
def test_sentences_get_the_same_numbers_as_alone_and_in_order(engine, keep_boundaries):
    backbone = small_backbone(keep_boundaries=keep_boundaries)[0]
    embedder = ElmoEmbedder(backbone, engine=engine)
    assert_as_alone(embedder, backbone, SENTENCES)
    assert_as_alone(embedder, backbone, SENTENCES[2:5])  # with words that are known by now


@settings(max_examples=15, deadline=None)
@given(config=elmo_configs(word_input=False), sentences=st.lists(st.lists(WORDS), max_size=6))
def test_onnx_agrees_with_keras_for_any_shape(config, sentences):
    backbone = ElmoBackbone(**config)
    assign_variables(backbone, random_variables(config))
    sentences = [" ".join(words) for words in sentences]
    assert_as_alone(ElmoEmbedder(backbone, engine="onnx"), backbone, sentences, atol=1e-5)


@pytest.mark.parametrize("engine", ["keras", "onnx"])
def test_models_with_word_input(engine):
    config = next(iter([{**small_backbone()[1], "vocabulary_size": 5, "char_filters": []}]))
    backbone = ElmoBackbone(**config)
    assign_variables(backbone, random_variables(config))
    preprocessor = ElmoPreprocessor("whitespace", vocabulary=["<S>", "</S>", "<UNK>", "a", "b"])
    found = ElmoEmbedder(backbone, preprocessor, engine=engine).embed(["a b", "b new a"])
    for sentence, features in zip(["a b", "b new a"], found, strict=True):
        expected = backbone.predict_on_batch(preprocessor([sentence]))[0]
        np.testing.assert_allclose(features, expected, atol=2e-6)
    with pytest.raises(ValueError, match="give a `preprocessor` with its `vocabulary`"):
        ElmoEmbedder(backbone, engine=engine)


def test_more_sentences_than_rows_and_long_among_short_ones():
    backbone = small_backbone()[0]
    random = np.random.default_rng(0)
    lengths = random.integers(0, 9, 5 * MAX_ROWS)
    lengths[[5, 200]] = 150, 90
    sentences = [" ".join(random.choice(list("abcdef"), length)) for length in lengths]
    small = ElmoEmbedder(backbone, max_bytes=2000).embed(sentences)  # a dozen sentences ahead
    large = ElmoEmbedder(backbone).embed(sentences)
    for a, b in zip(small, large, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
    for number in (0, 5, 199, 200, -1):
        np.testing.assert_allclose(large[number], alone(backbone, sentences[number]), atol=2e-6)


def test_it_reads_no_further_ahead_than_its_memory_allows():
    read = itertools.count()

    def endless():
        while True:
            next(read)
            yield "a b"

    token_bytes = 4 * 3 * 2 * 4  # float32, layers, directions, projection
    embedder = ElmoEmbedder(small_backbone()[0], max_bytes=40 * 2 * token_bytes)
    features = embedder.embed_iter(endless())
    for number in range(1, 200):
        next(features)
        assert next(read) <= 2 * number + 40 + 1  # `next` counts, too


def test_words_are_remembered_up_to_a_bound_and_computed_once(tmp_path):
    backbone = small_backbone()[0]
    embedder = ElmoEmbedder(backbone, cached_words=3)
    computed = []
    compute = embedder.engine.word_vectors
    embedder.engine.word_vectors = lambda ids: computed.append(len(ids)) or compute(ids)
    assert_as_alone(embedder, backbone, ["a b a b a", "b a"])
    assert computed == [2, 2]  # the boundaries, then two types
    assert_as_alone(embedder, backbone, ["c a", "d"])  # b, used longest ago, gives way
    assert computed[2:] == [2]
    assert_as_alone(embedder, backbone, ["a b c d e"])
    assert computed[3:] == [2]

    embedder.save_words(tmp_path / "words.npz")
    other = ElmoEmbedder(backbone, cached_words=3)
    other.load_words(tmp_path / "words.npz")
    other.engine.word_vectors = None  # nothing is left to compute
    np.testing.assert_array_equal(other.embed(["b d e"])[0], embedder.embed(["b d e"])[0])
    with pytest.raises(ValueError, match="other weights"):
        ElmoEmbedder(small_backbone(seed=1)[0]).load_words(tmp_path / "words.npz")


def test_keras_engine_follows_the_weights():
    backbone = small_backbone()[0]
    embedder = ElmoEmbedder(backbone)
    assert_as_alone(embedder, backbone, SENTENCES)
    for variable in backbone.weights:
        variable.assign(variable * 1.5)
    assert_as_alone(embedder, backbone, SENTENCES, atol=1e-5)


@pytest.mark.parametrize(("engine", "precision"), [("keras", "bfloat16"), ("onnx", "int8")])
def test_low_precision_is_close(engine, precision):
    backbone = ElmoBackbone.from_preset("elmo_mini_en")
    sentences = ["Profit rose sharply .", "It isn't a bad film , though it is long ."] * 3
    exact = np.concatenate(ElmoEmbedder(backbone).embed(sentences))
    found = np.concatenate(
        ElmoEmbedder(backbone, engine=engine, precision=precision).embed(sentences)
    )
    error = np.sqrt(np.mean((found - exact) ** 2) / np.mean(exact**2))
    assert 1e-4 < error < 0.05  # not exact, and not far


@pytest.mark.portable
def test_a_stateful_backbone_continues_row_by_row():
    backbone = small_backbone()[0]
    stateful = ElmoBackbone(**{**backbone.get_config(), "stateful": True, "batch_size": 2})
    assign_variables(stateful, arrays_by_path(backbone))
    carried = ElmoEmbedder(stateful).embed(SENTENCES)
    stateful.reset_state()
    again = ElmoEmbedder(stateful).embed(SENTENCES)
    for a, b in zip(carried, again, strict=True):
        np.testing.assert_array_equal(a, b)
    fresh = ElmoEmbedder(backbone).embed(SENTENCES)
    np.testing.assert_allclose(carried[0], fresh[0], atol=2e-6)  # the first batch starts from zero
    assert np.abs(carried[2] - fresh[2]).max() > 1e-3  # the second continues


def test_unknown_engines_and_precisions_are_named():
    for arguments, message in (
        ({"engine": "cuda"}, "`engine` must be one of 'auto', 'keras', 'onnx'. Received: 'cuda'"),
        ({"precision": "int4"}, "`precision` must be one of 'float32', .* Received: 'int4'"),
        ({"engine": "keras", "precision": "int8"}, "`precision='int8'` needs `engine='onnx'`"),
    ):
        with pytest.raises(ValueError, match=message):
            ElmoEmbedder("elmo_mini_en", **arguments)
    with pytest.raises(ValueError, match=r"a sentence must be .* Received: \[1\]"):
        ElmoEmbedder(small_backbone()[0]).embed([[1]])
    with pytest.raises(ValueError, match="Put it into a list"):
        ElmoEmbedder(small_backbone()[0]).embed("a sentence")
