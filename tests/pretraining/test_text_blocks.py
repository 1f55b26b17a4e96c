"""What cannot be read is named with its line, and no line needs more memory than a block."""

import numpy as np
import pytest

from keras_elmo.files.lines import DataError
from keras_elmo.pretraining import text_blocks
from keras_elmo.pretraining.text_blocks import MAX_WORD, Part, TextBlocks, parts_of


def read(path):
    return [word for block in TextBlocks(Part(path)) for word in block.words]


BAD = {
    "latin": (
        "a\nein schöner Tag\n".encode("latin-1"),
        r":2: .*0xf6 at byte 10 of the text.*iconv",
    ),
    "mark": ("a b\n".encode("utf-16"), r":1: .*0xff at byte 1 of the text.* -f utf-16-le"),
    "binary": (b"a\n" * 5 + b"b \0", r":6: a binary file\. Received: 0x00 at byte 13"),
    "cut_character": ("a\nü".encode()[:-1], r":2: not valid UTF-8\. Received: 0xc3 at byte 3"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("block", [8, 1000])
def test_bad_bytes_are_named(name, block, tmp_path, monkeypatch):
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", block)
    path = tmp_path / f"{name}.txt"
    path.write_bytes(BAD[name][0])
    with pytest.raises(DataError, match=rf"{name}\.txt{BAD[name][1]}"):
        read(path)


def test_lines_are_counted_from_the_beginning_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(text_blocks, "PART_BYTES", 10)
    path = tmp_path / "a.txt"
    path.write_bytes(b"ab c\n" * 5 + b"\xff\n")
    *good, bad = parts_of(path)
    assert sum(len(block.words) for part in good for block in TextBlocks(part)) == 6
    with pytest.raises(DataError, match=r"a\.txt:6: .*0xff at byte 26 of"):
        list(TextBlocks(bad))


def test_parts_are_whole_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(text_blocks, "PART_BYTES", 4)
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 3)
    path = tmp_path / "a.txt"
    for content in (b"", b"a", b"a\n", b"a\nb\nc\nlong line\n\n\nd", b"a b c d e f g", b"\n" * 9):
        path.write_bytes(content)
        pieces = [content[part.begin : part.end] for part in parts_of(path)]
        assert b"".join(pieces) == content
        assert all(piece.endswith(b"\n") for piece in pieces[:-1])


def test_one_enormous_line_comes_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 100)
    path = tmp_path / "a.txt"
    path.write_text("\ufeffword " + "word " * 9_999)
    blocks = list(TextBlocks(Part(path)))
    assert max(len(block.words) for block in blocks) <= 40
    np.testing.assert_array_equal(np.concatenate([x.line_lengths for x in blocks]), [10_000])
    assert blocks[0].words[0] == "word"  # without the byte order mark


def test_enormous_words_are_cut_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text_blocks, "BLOCK_BYTES", 5000)
    path = tmp_path / "a.txt"
    path.write_text("a b\n" + "é" * 2000 + " c\n")
    assert read(path) == ["a", "b", "é" * MAX_WORD, "c"]
    path.write_text("a b\n" + "x" * 20_000 + " c\n")
    with pytest.raises(DataError, match=r"a\.txt:2: no space in 5,000 bytes"):
        read(path)
