"""Lines are decoded as their file says, and what cannot be read is named with its place."""

import codecs
import gzip
import io
import pickle
import re
import sqlite3
import tarfile

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keras_elmo.files import lines as lines_file
from keras_elmo.files.lines import DataError, TextSource, numbered_lines

MARKED = {
    "UTF-8": codecs.BOM_UTF8,
    "UTF-16 LE": codecs.BOM_UTF16_LE,
    "UTF-16 BE": codecs.BOM_UTF16_BE,
    "UTF-32 LE": codecs.BOM_UTF32_LE,
    "UTF-32 BE": codecs.BOM_UTF32_BE,
}
TEXT = "naïve\r\n\u2028x\u0085\x0c y\n\n𝄞 日本\rend"
LINES = [(1, "naïve"), (2, "\u2028x\u0085\x0c y"), (3, ""), (4, "𝄞 日本\rend")]


def error(path, encoding=None):
    with pytest.raises(DataError) as caught:
        list(numbered_lines(path, encoding))
    return str(caught.value).removeprefix(f"{path.parent}/")


@pytest.mark.parametrize("block", [5, 1 << 16])
@pytest.mark.parametrize("name", MARKED)
def test_marks_tell_the_encoding(name, block, tmp_path, monkeypatch):
    monkeypatch.setattr(lines_file, "_BLOCK", block)
    path = tmp_path / "a.txt"
    path.write_bytes(MARKED[name] + TEXT.encode(name))
    for same in (None, name, name.lower().replace(" ", "-"), name.split()[0]):
        source = TextSource(path, same)
        assert source.encoding == name
        assert list(source.lines()) == LINES
    with pytest.raises(DataError, match=f"marked as {name}. Received: cp1252"):
        TextSource(path, "cp1252").head()


def test_without_a_mark_it_is_utf_8_or_as_said(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode())
    assert (TextSource(path).encoding, list(numbered_lines(path))) == ("UTF-8", LINES)
    for name, said in (("cp1252", "Cp1252"), ("gb18030", "gb18030"), ("UTF-16 BE", "utf-16-be")):
        path.write_bytes("naïve\nb".encode(name))
        assert TextSource(path, said).encoding == name
        assert list(numbered_lines(path, said)) == [(1, "naïve"), (2, "b")]
        assert TextSource(path, said).head() == "naïve\nb"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("latni-1", "latin1"), ("utf9", "utf"), ("windows1252", "windows_1252"), ("base64", "")],
)
def test_unknown_encodings(name, hint):
    with pytest.raises(ValueError, match=f"Received: '{name}'.*{hint}"):
        TextSource("a.txt", name)


@example(text="a\r\nb\r", block=4, name="UTF-8")
@given(
    text=st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])),
    block=st.integers(4, 9),
    name=st.sampled_from(["UTF-8", "UTF-16 LE", "UTF-32 BE"]),
)
@settings(max_examples=200, deadline=None)
def test_blocks_do_not_matter(text, block, name, tmp_path_factory):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes(MARKED[name] + ("\n" + text).encode(name))  # "\n" first: of no old Mac
    *whole, last = ("\n" + text).replace("\r\n", "\n").split("\n")
    expected = [*whole, last.removesuffix("\r")] if last.removesuffix("\r") else whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_file, "_BLOCK", block)
        found = list(numbered_lines(path))
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert [line for _, line in found] == expected


def test_line_ends_of_old_macs(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a,b\rc\r\rd\r")
    assert list(numbered_lines(path)) == [(1, "a,b"), (2, "c"), (3, ""), (4, "d")]
    assert TextSource(path).head().split("\n")[:3] == ["a,b", "c", ""]
    path.write_bytes(b"a\rb\n")  # a character inside a line
    assert list(numbered_lines(path)) == [(1, "a\rb")]


LATIN = [f"un café très agréable {i}" for i in range(3000)]  # more than a block


def test_other_encodings_are_guessed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a\n\nun café très agréable".encode("cp1252"))
    told = error(path)
    assert told.startswith("a.csv:3: not valid UTF-8. Received: 0xe9 at byte 7 of the line.")
    option, argument = re.search(
        r'give --encoding (\S+), in Python encoding="(\S+)"', told
    ).groups()
    assert option == argument == "cp1252"
    assert list(numbered_lines(path, option))[2] == (3, "un café très agréable")
    for name, text in (
        ("cp1252", "un café très agréable\n"),
        ("cp1251", "Привет, как дела сегодня\n"),
        ("cp932", "これは日本語の文章です\n"),
        ("utf-16-le", "hello there, how are you\n"),
        ("utf-16-be", "hello there, how are you\n"),
    ):
        for times in (1, 5000):
            path.write_bytes((text * times).encode(name))
            assert f"give --encoding {name}," in error(path)
            assert next(iter(numbered_lines(path, name))) == (1, text.strip())


def test_a_text_of_an_unknown_encoding_is_not_called_binary(tmp_path):
    path = tmp_path / "a.csv"
    text = "这部电影非常好看，演员的表演也很出色，我和朋友们都很喜欢。\n"
    path.write_bytes(text.encode("gb18030"))
    told = error(path)
    assert told.startswith("a.csv:1: not valid UTF-8.")
    assert "give --encoding " in told  # a guess or none: so short a text may look like others


def test_an_error_far_inside_names_its_line_and_byte(tmp_path):
    path = tmp_path / "a.txt.gz"
    good = "ä" + "b" * 98 + "\n"
    path.write_bytes(gzip.compress((good * 5000).encode() + "ää\r".encode() + b"\xff\xfe c\n"))
    told = error(path)
    assert told.startswith("a.txt.gz:5001: not valid UTF-8. Received: 0xff at byte 6 of the line.")
    assert "mend the line" in told  # all else is UTF-8
    rows = numbered_lines(path)
    assert sum(1 for _ in zip(range(5000), rows, strict=False)) == 5000  # those before are read


def test_an_encoding_that_was_said_and_is_wrong(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("x\nun café très agréable\n".encode("cp1252"))
    told = error(path, "utf-8")
    assert told.startswith("a.txt:2: not valid UTF-8.")
    assert "looks like cp1252" in told
    assert "--encoding" not in told
    path.write_bytes(codecs.BOM_UTF16_LE + "ab\n".encode("utf-16-le") + b"\x00\xd8x\x00")
    assert error(path).startswith("a.txt:2: not valid UTF-16 LE. Received: 0x00 at byte 1")
    path.write_bytes("a\nü".encode()[:-1])
    assert "ends within a character" in error(path)


def binary_files(path):
    """Return files that are no text: (name, content)."""
    with h5py.File(path / "x.h5", "w") as file:
        file["a"] = np.arange(3)
    with sqlite3.connect(path / "x.db") as database:
        database.execute("create table a (b)")
    database.close()
    numbers, archive = io.BytesIO(), io.BytesIO()
    np.save(numbers, np.arange(3))
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.add(path / "x.h5", "x.h5")
    return {
        "HDF5": (path / "x.h5").read_bytes(),
        "SQLite": (path / "x.db").read_bytes(),
        "NumPy": numbers.getvalue(),
        "pickle": pickle.dumps({"a": 1}),
        "PDF": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
        "tar archive": archive.getvalue(),
        "Parquet": b"PAR1\x15\x04\x15\x80",
        "a binary file": b"the\n" * 9 + np.arange(9.0).tobytes(),
    }


def test_binary_files_are_told_as_what_they_are(tmp_path):
    for name, content in binary_files(tmp_path).items():
        path = tmp_path / "a.txt"
        path.write_bytes(content)
        told = error(path)
        assert name in told
        assert "UTF-8" not in told
        with pytest.raises(DataError, match=name):
            TextSource(path).head()


def test_a_zero_names_its_place(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\nbc\0d\n")
    told = error(path)
    assert told.startswith("a.txt:2: a binary file. Received: 0x00 at byte 3 of the line. Name")
    assert told.endswith(r"`tr -d '\000' < old > new`.")


@example(content=b"\x1f\x8b\x08", block=4)
@given(content=st.binary(max_size=200), block=st.integers(4, 50))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content, block, tmp_path_factory):
    path = tmp_path_factory.mktemp("bytes") / "a"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_file, "_BLOCK", block)
        try:
            found = "\n".join(line for _, line in numbered_lines(path))
        except DataError as error:
            found = str(error).removeprefix(f"{path}:")
        assert len(found) <= max(len(content), 300)
