"""The parts of the embedding benchmarks that decide what is reported."""

import numpy as np
import pytest

from benchmarks.embed import PROGRAMS, chosen_programs
from benchmarks.embed_arithmetic import operations_of_text, operations_of_token, operations_of_word
from benchmarks.embed_report import summary
from benchmarks.embed_scaling import lengths_of_size, spread
from benchmarks.synthetic_text import SyntheticText, read_sentences

CONFIG = {
    "projection_dim": 3,
    "units": 5,
    "num_layers": 2,
    "max_characters_per_token": 8,
    "char_embedding_dim": 2,
    "char_filters": [[1, 2], [3, 4]],
    "num_highways": 2,
}


class Counted:
    """Matrix products that count themselves."""

    def __init__(self):
        self.operations = 0

    def __call__(self, x, w):
        self.operations += 2 * x.shape[0] * w.shape[0] * w.shape[1]
        return x @ w


def test_what_the_others_are_compared_with_always_runs():
    assert chosen_programs(["onnx-int8"]) == ["onnx-int8", "plain"]
    assert chosen_programs([]) == ["plain"]
    assert chosen_programs(PROGRAMS) == PROGRAMS


def test_operations_of_a_token_are_those_of_running_the_lstms():
    product, x = Counted(), np.ones((1, 3))
    for _direction in range(2):
        h = x
        for _layer in range(2):
            gates = product(h, np.ones((3, 20))) + product(np.ones((1, 3)), np.ones((3, 20)))
            h = product(gates[:, :5], np.ones((5, 3)))
    assert operations_of_token(CONFIG) == product.operations


@pytest.mark.parametrize(("word", "length"), [("abc", 5), ("é", 4), ("far-too-long-a-word", 8)])
def test_operations_of_a_word_are_those_of_running_the_character_cnn(word, length):
    product = Counted()
    for _position in range(length):
        for width, count in CONFIG["char_filters"]:
            product(np.ones((1, 2 * width)), np.ones((2 * width, count)))
    for _highway in range(2):
        for _gate in ("carry", "transform"):
            product(np.ones((1, 6)), np.ones((6, 6)))
    product(np.ones((1, 6)), np.ones((6, 3)))
    assert operations_of_word(CONFIG, word) == product.operations


def test_a_word_counts_once_and_not_at_all_when_it_is_known():
    sentences = [["a", "bc", "a"], ["bc"]]
    words = operations_of_word(CONFIG, "a") + operations_of_word(CONFIG, "bc")
    biLM = 4 * operations_of_token(CONFIG)
    assert operations_of_text(CONFIG, sentences) == words + biLM
    assert operations_of_text(CONFIG, sentences, words=False) == biLM


def test_a_summary_compares_with_the_fastest_peer_and_the_rate_of_the_same_round():
    sentences = [["a", "b"]]
    operations = operations_of_text(CONFIG, sentences)
    contenders = {
        "ours": {"mode": "cold", "dtype": "int8"},
        "slow": {"mode": "as it comes", "dtype": "float32"},
        "fast": {"mode": "as it comes", "dtype": "float32"},
    }
    rounds = [
        {
            "seconds": {"ours": 1.0 * f, "slow": 8.0 * f, "fast": 4.0 * f},
            "products": {"NumPy float32": 2e-9 * operations / f, "TensorFlow float32": 1e-9},
        }
        for f in (1, 2, 4)
    ]
    result = {"tokens": 2, "rounds": rounds, "contenders": contenders, "peers": ["slow", "fast"]}
    ours = summary(result, sentences, CONFIG)["ours"]
    assert (ours["least"], ours["tokens_per_second"], ours["most"]) == (0.5, 1.0, 2.0)
    assert ours["times_fastest_peer"] == 4.0
    assert ours["share_of_products"] == pytest.approx(0.5)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.tsv"
    path.write_text("good\tone two two .\n\nbad\tthree .\n", encoding="utf-8")
    return path


def test_sentences_are_the_last_column_of_a_table(text):
    assert read_sentences(text) == [["one", "two", "two", "."], ["three", "."]]
    assert read_sentences(text, 1) == [["one", "two", "two", "."]]


def test_synthetic_sentences_have_their_lengths_and_some_new_words(text):
    lengths = np.random.default_rng(0).integers(1, 9, 2500)
    sentences = list(SyntheticText(text, new_words=0.1).sentences(lengths))
    assert [len(sentence) for sentence in sentences] == lengths.tolist()
    words = [word for sentence in sentences for word in sentence]
    new = [word for word in words if word not in {"one", "two", "three", "."}]
    assert len(new) == len(set(new))
    assert len(new) / len(words) == pytest.approx(0.1, abs=0.02)
    assert words.count("two") / words.count("one") == pytest.approx(2, rel=0.2)


def test_lengths_sum_up_to_the_size_of_the_text():
    lengths = lengths_of_size(np.array([5, 10, 30]), 1000, np.random.default_rng(0))
    assert lengths.sum() == 1000
    assert lengths.min() > 0
    assert spread([9.0, 11.0]) == pytest.approx(20.0)
