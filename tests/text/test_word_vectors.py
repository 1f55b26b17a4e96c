import numpy as np
import pytest

from keras_elmo.files.lines import DataError
from keras_elmo.text.word_vectors import read_glove

VECTORS = "the 1 2.5\n. . 3 -4e-1\nthe 9 9\n\u00a0x 5 6 \n"


@pytest.mark.parametrize("first_line", ["", "4 2\n"])  # GloVe, word2vec
def test_words_and_vectors_in_the_order_of_the_file(tmp_path, first_line):
    path = tmp_path / "vectors.txt"
    path.write_text(first_line + VECTORS, encoding="utf-8")
    words, vectors = read_glove(path)
    assert words == ["the", ". .", "\u00a0x"]  # the first of two; a space inside a word
    expected = np.array([[1, 2.5], [3, -0.4], [5, 6]], np.float32)
    np.testing.assert_array_equal(vectors, expected, strict=True)
    words, vectors = read_glove(path, words=["\u00a0x", "absent"])
    assert words == ["\u00a0x"]
    np.testing.assert_array_equal(vectors, expected[2:], strict=True)


def test_no_wanted_word_at_all(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(VECTORS, encoding="utf-8")
    words, vectors = read_glove(path, words={"absent"})
    assert (words, vectors.shape) == ([], (0, 2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "vectors.txt:1: expected a word and its numbers"),
        ("a 1 2\nb 3\n", "vectors.txt:2: expected a word and 2 numbers. Received: 1 after 'b'"),
        ("a 1 2\nb 3 x\n", "vectors.txt:2: expected numbers"),
        ("a 1 2\nb 3 nan\n", "vectors.txt:2: expected finite numbers"),
        ("3 2\na 1 2\nb 3 4\n", "vectors.txt:1: the first line promises 3 words. Received: 2"),
    ],
)
def test_bad_files_name_the_line(tmp_path, content, message):
    path = tmp_path / "vectors.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_glove(path)
