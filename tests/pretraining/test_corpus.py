"""Text files become a corpus without losing, moving or miscounting a word."""

import gzip
import lzma
from collections import Counter

import numpy as np
import pytest

from keras_elmo.pretraining.corpus import encode_sentences, prepare_corpus
from keras_elmo.text.readers import DataError

LINES = ["the dog and the cat", "", "  a  dog ", "the naïve dog barks at the cat at night", "b a"]
SENTENCES = [line.split() for line in LINES if line]
PIECES = [words[i : i + 4] for words in SENTENCES for i in range(0, len(words), 4)]
OPENERS = {".txt": open, ".gz": gzip.open, ".xz": lzma.open}


def write(path, lines, encoding="utf-8"):
    with OPENERS[path.suffix](path, "wt", encoding=encoding) as file:
        file.write("\n".join(lines))
    return path


def sentences_of(corpus):
    words = [corpus.types[i] for i in corpus.tokens]
    return [words[a:b] for a, b in zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)]


@pytest.mark.parametrize("suffix", OPENERS)
def test_sentences_come_back_cut_at_the_maximum(suffix, tmp_path):
    paths = [write(tmp_path / f"{i}{suffix}", LINES[i:], "utf-8-sig") for i in (0, 2)]
    corpus = prepare_corpus(paths, tmp_path / "corpus", max_length=4)
    second_file = [words[i : i + 4] for words in SENTENCES[1:] for i in range(0, len(words), 4)]
    assert sentences_of(corpus) == PIECES + second_file
    assert corpus.num_tokens == sum(map(len, SENTENCES + SENTENCES[1:]))


def test_types_by_frequency_then_by_name(tmp_path):
    corpus = prepare_corpus([write(tmp_path / "a.txt", LINES)], tmp_path / "corpus")
    counts = Counter(word for words in SENTENCES for word in words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    assert corpus.types == ["<S>", "</S>", "<UNK>", *ranked]
    found = np.bincount(corpus.tokens, minlength=len(corpus.types))
    np.testing.assert_array_equal(found[3:], [counts[word] for word in ranked])
    share = (counts["the"] + counts["dog"]) / counts.total()  # the two most frequent
    assert corpus.coverage(5) == pytest.approx(share)


def test_read_once(tmp_path):
    path, progress = write(tmp_path / "a.txt", LINES), []
    first = prepare_corpus([path], tmp_path / "c", on_progress=progress.append)
    second = prepare_corpus([path], tmp_path / "c", on_progress=progress.append)
    assert progress == [first.num_tokens]
    assert sentences_of(second) == sentences_of(first)
    shorter = prepare_corpus([path], tmp_path / "c", max_length=2)
    assert max(map(len, sentences_of(shorter))) == 2
    write(path, [*LINES[:-1], "b c"])  # as many bytes, another word
    assert sentences_of(prepare_corpus([path], tmp_path / "c"))[-1] == ["b", "c"]


def test_interrupted_preparation_is_not_taken_for_a_finished_one(tmp_path, monkeypatch):
    """Files of another recipe half written over the old ones must not pass as the old ones."""
    old, new = write(tmp_path / "old.txt", ["a b"]), write(tmp_path / "new.txt", ["c d e f"])
    prepare_corpus([old], tmp_path / "c")
    save = np.save

    def fail_at_offsets(path, array):
        if path.name == "offsets.npy":
            raise KeyboardInterrupt
        save(path, array)

    monkeypatch.setattr(np, "save", fail_at_offsets)
    with pytest.raises(KeyboardInterrupt):
        prepare_corpus([new], tmp_path / "c")
    monkeypatch.undo()
    assert sentences_of(prepare_corpus([old], tmp_path / "c")) == [["a", "b"]]


BAD = {
    "latin.txt": "ein schöner Tag\n".encode("latin-1"),
    "no_words.txt": b" \n\n",
    "cut.gz": gzip.compress(b"a b c\n" * 99)[:-9],
    "damaged.gz": gzip.compress(b"a b c\n" * 99)[:12] + b"\xff" * 40,
    "cut.xz": lzma.compress(b"a b c\n" * 99)[:-9],
    "no_gzip.gz": b"a b c\n",
    "no_xz.xz": b"a b c\n",
}


@pytest.mark.parametrize("name", BAD)
def test_unreadable_files_are_named(name, tmp_path):
    (tmp_path / name).write_bytes(BAD[name])
    with pytest.raises(DataError, match=name):
        prepare_corpus([tmp_path / name], tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        prepare_corpus([tmp_path / "nowhere.txt"], tmp_path / "corpus")


def test_held_out_sentences_keep_the_ids_of_known_words():
    corpus = encode_sentences([["b", "new"], ["a", "new"]], ["<S>", "</S>", "<UNK>", "a", "b"])
    assert corpus.types[5:] == ["new"]
    np.testing.assert_array_equal(corpus.tokens, [4, 5, 3, 5])
    np.testing.assert_array_equal(corpus.offsets, [0, 2, 4])
