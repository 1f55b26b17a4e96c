import gzip
import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.files.lines import DataError
from keras_elmo.text import word2vec_binary
from keras_elmo.text.word_vectors import read_word_vectors

VECTORS = "the 1 2.5\n. . 3 -4e-1\nthe 9 9\n\u00a0x 5 6 \n"
WORDS = ["the", ". .", "\u00a0x"]  # the first of two; a space inside a word
EXPECTED = np.array([[1, 2.5], [3, -0.4], [5, 6]], np.float32)


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.txt", content)
    return file.getvalue()


def binary(words, vectors, end=b"\n", count=None):
    """Return what word2vec writes: each row ends with a line end, in some programs it does not."""
    count = len(words) if count is None else count
    content = f"{count} {len(vectors[0])}\n".encode()
    for word, vector in zip(words, vectors, strict=True):
        content += word.encode() + b" " + struct.pack(f"<{len(vector)}f", *vector) + end
    return content


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped])
@pytest.mark.parametrize("first_line", ["", "4 2\n", "4\t2 \r\n"])  # GloVe, word2vec and fastText
@pytest.mark.parametrize(
    "space", [lambda row: row, lambda row: row.replace(" ", "\t"), lambda row: row + "\r"]
)
def test_words_and_vectors_in_the_order_of_the_file(tmp_path, first_line, space, pack):
    path = tmp_path / "vectors.txt"
    rows = first_line + "".join(f"{space(row)}\n" for row in VECTORS.splitlines())
    path.write_bytes(pack(rows.encode()))
    words, vectors = read_word_vectors(path)
    assert words == WORDS
    np.testing.assert_array_equal(vectors, EXPECTED, strict=True)
    words, vectors = read_word_vectors(path, words=["\u00a0x", "absent"])
    assert words == ["\u00a0x"]
    np.testing.assert_array_equal(vectors, EXPECTED[2:], strict=True)


def test_numbers_below_one_another(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("the    1.0  -2.5\nof    -3.0   4.0\n")
    words, vectors = read_word_vectors(path)
    assert words == ["the", "of"]
    np.testing.assert_array_equal(vectors, [[1, -2.5], [-3, 4]])


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zipped])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_binary_files_of_word2vec(tmp_path, pack, end):
    path = tmp_path / "vectors.txt"  # the content tells, not the name
    names = ["</s>", "näive", "the", "the"]
    numbers = [[1, 2, 3], [np.pi, -2, 1e-30], [0, 0, 0], [9, 9, 9]]
    path.write_bytes(pack(binary(names, numbers, end)))
    words, vectors = read_word_vectors(path)
    assert words == names[:3]
    np.testing.assert_array_equal(vectors, np.array(numbers[:3], np.float32), strict=True)
    words, vectors = read_word_vectors(path, words={"näive"})
    assert words == ["näive"]
    np.testing.assert_array_equal(vectors, np.array([numbers[1]], np.float32))


@given(
    rows=st.dictionaries(
        st.text(st.characters(exclude_characters=" \n", exclude_categories=["Cs"]), min_size=1),
        st.lists(st.floats(-1, 1, width=32), min_size=30, max_size=30),
        min_size=1,
    ),
    block=st.integers(300, 900),
    end=st.sampled_from([b"\n", b""]),
)
def test_blocks_of_binary_files_do_not_matter(rows, block, end, tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "v.bin"
    path.write_bytes(binary(list(rows), list(rows.values()), end))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word2vec_binary, "_BLOCK", block)
        words, vectors = read_word_vectors(path)
    assert words == list(rows)
    np.testing.assert_array_equal(vectors, np.array(list(rows.values()), np.float32))


def test_words_that_are_cut_within_a_character_stay_apart(tmp_path):
    path = tmp_path / "v.bin"
    rows = b"".join(word + b" " + struct.pack("<2f", 1, 2) for word in (b"a\xc3", b"a\xc4"))
    path.write_bytes(b"2 2\n" + rows)
    assert read_word_vectors(path)[0] == [r"a\xc3", r"a\xc4"]


def test_no_wanted_word_at_all(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(VECTORS, encoding="utf-8")
    words, vectors = read_word_vectors(path, words={"absent"})
    assert (words, vectors.shape) == ([], (0, 2))


GOOD = binary(["the", "of"], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "vectors:1: expected a word and its numbers"),
        (b"a 1 2\nb 3\n", "vectors:2: expected a word and 2 numbers. Received: 1 after 'b'"),
        (b"a 1 2\nb 3 x\n", "vectors:2: expected numbers"),
        (b"a 1 2\nb 3 nan\n", "vectors:2: expected finite numbers"),
        (b"3 2\na 1 2\nb 3 4\n", "vectors:1: the first line promises 3 words. Received: 2"),
        (b"1 2\na x y\n", "vectors:2: expected numbers"),
        (b"1 2\na\n", "vectors:2: expected a word and 2 numbers. Received: 0"),
        (b"a 1 2\ncaf\xe9 3 4\n", "vectors:2: not valid UTF-8.*looks like cp1252"),
        (GOOD[:-4], "promises 2 words of 2 numbers. Received: 1. Is it cut off"),
        (GOOD + b"x", "promises 2 words of 2 numbers. Received: more"),
        (gzip.compress(GOOD, mtime=0)[:-9], "the gzip data is damaged"),
        (binary(["a", "b"], [[1, 2], [0, float("nan")]]), "vectors: word 2: expected finite"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "a model of fastText.*print-word-vectors"),
        (pickle.dumps(list("abc")), "expected text. Received: a Python pickle"),
        (b"\x01\0\0\0\xff", "a binary file"),
    ],
)
def test_bad_files_name_the_line(tmp_path, content, message):
    path = tmp_path / "vectors"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_word_vectors(path)
