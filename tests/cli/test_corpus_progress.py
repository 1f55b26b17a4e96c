"""`pretrain` shows what its texts hold, and says what is wrong with them before it trains."""

import pytest

from keras_elmo.cli.console import err
from keras_elmo.cli.corpus_progress import read_texts


def test_table_of_the_texts(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(err, "width", 80)
    (tmp_path / "a.txt").write_text("the dog\n\nthe cat and the dog\n")
    (tmp_path / "b.txt").write_text("the " * 70)
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    read_texts(paths, tmp_path / "corpus", 4)  # a vocabulary of the three marks and "the"
    rows = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert ["a.txt", "2", "7", "4", "42.9%", "5"] in rows
    assert ["b.txt", "2", "70", "1", "100.0%", "70"] in rows
    assert ["all", "4", "77", "7", "94.8%", "70"] in rows
    corpus = read_texts(paths, tmp_path / "corpus", 8, quiet=True)
    shown = capsys.readouterr().err
    assert "the corpus has 7 word types only" in shown
    assert "Received: --vocabulary-size 8" in shown
    assert len(corpus.types) == 7


def test_texts_that_are_not_a_sentence_a_line(tmp_path, capsys):
    text = "\u6211\u559c\u6b22\u732b\n" * 6 + "<S> the dog </S>\n" + "a " * 61 + "\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    read_texts([tmp_path / "a.txt"], tmp_path / "corpus", 4, quiet=True)
    shown = capsys.readouterr().err
    assert "78% of the sentences are one word" in shown  # 7 of 9: a long line leaves one behind
    assert "<S> or </S> stand 2 times in the text" in shown
    assert "12% of the lines have more than 60 words" in shown
    (tmp_path / "b.txt").write_text("the dog\nyes\nno cat\na dog\n" * 50)
    read_texts([tmp_path / "b.txt"], tmp_path / "good", 4, quiet=True)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.txt", None, "no such file"),
        ("empty.txt", b"", "empty.txt: has no words"),
        ("latin.txt", b"a\nsch\xf6n\n", "latin.txt:2: not valid UTF-8"),
        ("cut.gz", b"\x1f\x8b\x08", "cut.gz:1: the gzip data is damaged"),
    ],
)
def test_bad_texts(run, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert message in run("pretrain", name, "-o", "run", code=1).stderr
    assert not list(tmp_path.glob("run/*"))
