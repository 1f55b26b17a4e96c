"""Text files become a corpus without losing, moving or miscounting a word."""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.files.lines import DataError
from keras_elmo.pretraining import corpus as module
from keras_elmo.pretraining import counted_parts, merging, text_blocks
from keras_elmo.pretraining.corpus import (
    Corpus,
    encode_sentences,
    prepare_corpus,
    read_corpus,
)
from keras_elmo.pretraining.corpus_folder import read_report, recipe_of

MARKS = ["<S>", "</S>", "<UNK>"]
LINES = ["the dog and the cat", "", "  a  dog ", "the naïve dog barks at the cat at night", "b a"]
WORDS = Counter(word for line in LINES for word in line.split())


def write(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def sentences_of(corpus):
    words = [corpus.types[i] for i in corpus.tokens]
    return [words[a:b] for a, b in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)]


def expected(texts, max_length, max_types=10**9):
    """Types, and sentences with <UNK> for rare words, the plain way."""
    lines = [line.split() for text in texts for line in text.split("\n")]
    counts = Counter(word for words in lines for word in words)
    ranked = sorted(counts.keys() - set(MARKS), key=lambda word: (-counts[word], word))
    types = [*MARKS, *ranked][:max_types]
    known = {*types}
    return types, [
        [word if word in known else "<UNK>" for word in words[i : i + max_length]]
        for words in lines
        for i in range(0, len(words), max_length)
    ]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}


WORD = st.text("abné日<>", min_size=1, max_size=3) | st.sampled_from(MARKS)
SPACE = st.sampled_from([" ", "  ", "\n", "\n\n", " \n", "\r\n", "\t", " \u3000", "\x0b "])
TEXT = st.lists(st.tuples(WORD, SPACE), min_size=1, max_size=40).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(TEXT, min_size=1, max_size=3),
    newline=st.booleans(),
    max_length=st.integers(1, 5),
    max_types=st.integers(4, 20),
    small=st.tuples(*[st.integers(1, 30)] * 4),
)
def test_any_text_in_blocks_parts_and_chunks_of_any_size(
    texts, newline, max_length, max_types, small
):
    texts = [text if newline else text.rstrip("\n") for text in texts]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        paths = [write(Path(name, f"{i}.txt"), text) for i, text in enumerate(texts)]
        patch.setattr(text_blocks, "BLOCK_BYTES", 12 + small[0])  # a word at least
        patch.setattr(text_blocks, "PART_BYTES", small[1])
        patch.setattr(counted_parts, "CHUNK_TYPES", small[2])
        patch.setattr(merging, "TYPES_IN_MEMORY", small[3])
        patch.setattr(merging, "_BLOCK", small[0])
        patch.setattr(module, "_BLOCK", small[0])
        folder = Path(name, "corpus")
        corpus = prepare_corpus(paths, folder, max_length=max_length, max_types=max_types)
        types, sentences = expected(texts, max_length, max_types)
        assert (corpus.types, sentences_of(corpus)) == (types, sentences)
        check_report(read_report(folder), texts, corpus, max_length)
        for size in (3, 4, max_types):
            known = {*types[:size]} - {"<UNK>"}
            share = np.mean([word in known for words in sentences for word in words])
            assert corpus.coverage(size) == pytest.approx(share)
            assert corpus.unknown(known) == pytest.approx(1 - share)


def check_report(report, texts, corpus, max_length):
    """The report's numbers, counted the plain way."""
    begin = 0
    for row, text in zip(report["files"], texts, strict=True):
        lines = [len(line.split()) for line in text.split("\n")]
        found = corpus.tokens[begin : begin + sum(lines)]
        begin += sum(lines)
        assert row["bytes"] == len(text.encode())
        assert row["tokens"] == sum(lines)
        assert row["sentences"] == sum(-(-words // max_length) for words in lines)
        assert row["cut_lines"] == sum(words > max_length for words in lines)
        assert row["longest_line"] == {"words": max(lines), "line": lines.index(max(lines)) + 1}
        assert row["types"] == len(np.unique(found))
        assert row["unknown"] == np.sum(found == 2)
    assert report["all"]["tokens"] == corpus.num_tokens == begin
    assert report["all"]["types"] == len(corpus.types)
    assert report["all"]["sentences"] == len(corpus.offsets) - 1


def test_processes_and_files_change_nothing(tmp_path, monkeypatch):
    lines = [*LINES, "one more line"] * 20
    whole = write(tmp_path / "whole.txt", *lines)
    split = [
        write(tmp_path / "a.txt", *lines[:5]),
        write(tmp_path / "b.txt", *lines[5:100]),
        write(tmp_path / "c.txt", *lines[100:]),
    ]
    prepare_corpus([whole], tmp_path / "1")
    prepare_corpus(split, tmp_path / "2", processes=3)
    monkeypatch.setattr(text_blocks, "PART_BYTES", 300)  # several parts of one file
    progress = []
    prepare_corpus([whole], tmp_path / "3", processes=2, on_progress=progress.append)
    assert content(tmp_path / "1") == content(tmp_path / "2") == content(tmp_path / "3")
    assert read_report(tmp_path / "1") == read_report(tmp_path / "3")
    assert progress[-1] == (whole.stat().st_size, whole.stat().st_size, 21 * 20)


def test_a_bad_file_stops_all_processes(tmp_path):
    good, bad = write(tmp_path / "good.txt", *LINES), tmp_path / "bad.txt"
    bad.write_bytes(b"a b\nb\xfcse\n")
    with pytest.raises(DataError, match=r"bad\.txt:2: not valid UTF-8"):
        prepare_corpus([good, bad, good], tmp_path / "c", processes=2)
    assert {path.name for path in tmp_path.iterdir()} == {"good.txt", "bad.txt"}


def test_read_once_and_known_by_its_bytes(tmp_path):
    path, progress = write(tmp_path / "a.txt", *LINES), []
    first = prepare_corpus([path], tmp_path / "c", on_progress=progress.append)
    assert progress[-1] == (path.stat().st_size, path.stat().st_size, WORDS.total())
    progress.clear()
    moved = path.rename(tmp_path / "b.txt")
    second = prepare_corpus([moved], tmp_path / "c", on_progress=progress.append)
    assert progress == []
    assert second.fingerprint == first.fingerprint == read_report(tmp_path / "c")["fingerprint"]

    def fingerprint(paths, max_length=60):
        return recipe_of(paths, max_length, module.MAX_TYPES)["fingerprint"]

    assert fingerprint([moved], max_length=2) != first.fingerprint
    assert fingerprint([moved, moved]) != first.fingerprint
    assert fingerprint([moved]) == first.fingerprint
    write(moved, *LINES[:-1], "b c")  # as many bytes, another word
    assert fingerprint([moved]) != first.fingerprint
    third = prepare_corpus([moved], tmp_path / "c")
    assert sentences_of(third)[-1] == ["b", "c"]
    assert third.fingerprint != first.fingerprint


@pytest.mark.parametrize("phase", ["frequent_types", "write_arrays", "corpus_report"])
def test_interrupted_preparation_begins_anew(phase, tmp_path, monkeypatch):
    """Until the new corpus is whole the old one stays."""
    old, new = write(tmp_path / "old.txt", "a b"), write(tmp_path / "new.txt", "c d e f")
    prepare_corpus([old], tmp_path / "c")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, phase, fail)
    with pytest.raises(KeyboardInterrupt):
        prepare_corpus([new], tmp_path / "c")
    monkeypatch.undo()
    assert not (tmp_path / "c.unfinished").exists()
    assert sentences_of(Corpus.load(tmp_path / "c")) == [["a", "b"]]
    assert sentences_of(prepare_corpus([old], tmp_path / "c")) == [["a", "b"]]


KILLED = """
import os, signal, sys
from keras_elmo.pretraining import corpus
corpus.write_arrays = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
corpus.prepare_corpus([sys.argv[1]], sys.argv[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_killed_preparation_begins_anew(tmp_path):
    path = write(tmp_path / "a.txt", *LINES)
    killed = subprocess.run([sys.executable, "-c", KILLED, path, tmp_path / "c"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "c.unfinished" / "c" / "0.tokens").exists()
    corpus = prepare_corpus([path], tmp_path / "c")
    assert (corpus.types, sentences_of(corpus)) == expected(["\n".join(LINES)], 60)
    assert not (tmp_path / "c.unfinished").exists()


@pytest.mark.parametrize("name", ["max_length", "max_types", "processes"])
def test_numbers_have_a_minimum(name, tmp_path):
    with pytest.raises(ValueError, match=rf"{name} must be at least \d\. Received: 0"):
        prepare_corpus([write(tmp_path / "a.txt", "a")], tmp_path / "c", **{name: 0})


def test_paths_that_are_no_texts(tmp_path):
    good = write(tmp_path / "good.txt", "a b")
    for name, error, message in [
        ("nowhere.txt", FileNotFoundError, "no such file"),
        ("folder", IsADirectoryError, "Name a file in it"),
        ("empty.txt", DataError, "Received: an empty file"),
        ("blank.txt", DataError, "Received: 3 bytes, all of them blank lines"),
    ]:
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "empty.txt").touch()
        (tmp_path / "blank.txt").write_bytes(b" \n\n")
        with pytest.raises(error, match=message) as caught:
            prepare_corpus([good, tmp_path / name], tmp_path / "corpus")
        assert name in str(caught.value)
    with pytest.raises(ValueError, match="no paths"):
        prepare_corpus([], tmp_path / "corpus")
    with pytest.raises(DataError, match="must be a file"):
        prepare_corpus([os.devnull], tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


# === Text to measure on ===


def test_held_out_sentences_keep_the_ids_of_known_words():
    corpus = encode_sentences([["b", "new"], ["a", "new"]], [*MARKS, "a", "b"])
    assert corpus.types[5:] == ["new"]
    np.testing.assert_array_equal(corpus.tokens, [4, 5, 3, 5])
    np.testing.assert_array_equal(corpus.offsets, [0, 2, 4])


@settings(max_examples=60, deadline=None)
@given(text=TEXT, max_length=st.integers(1, 5), max_tokens=st.integers(0, 50))
def test_held_out_text_stops_with_the_sentence_that_reaches_the_limit(text, max_length, max_tokens):
    _, sentences = expected([text], max_length)
    ends = np.cumsum([len(words) for words in sentences])
    kept = int(np.searchsorted(ends, max_tokens)) + 1 if max_tokens else len(sentences)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_blocks, "BLOCK_BYTES", 20)
        path = write(Path(name, "a.txt"), text)
        corpus = read_corpus(path, MARKS, max_tokens=max_tokens, max_length=max_length)
    assert sentences_of(corpus) == sentences[:kept]
    assert {*corpus.types} == {*MARKS, *(word for words in sentences[:kept] for word in words)}


def test_held_out_text_of_another_script(tmp_path):
    path = write(tmp_path / "ru.txt", "это совсем другой язык , не так ли ?", "да , конечно !")
    with pytest.raises(DataError, match=r"ru\.txt: 100\.0% of its 13 words .* это, совсем"):
        read_corpus(path, [*MARKS, "the", "of"])
    assert read_corpus(path, [*MARKS, ",", "?"]).coverage(5) == pytest.approx(3 / 13)
