"""`keras-elmo pretrain` says when the perplexity rose again."""

import pytest

SHAPE = ("--units", 8, "--projection-dim", 4, "--filters", "1:4,2:4", "--vocabulary-size", 10)


@pytest.mark.compiled
def test_a_perplexity_that_rises_again_is_told(run, tmp_path):
    (tmp_path / "corpus.txt").write_text("the dog sees a cat\n" * 40)
    (tmp_path / "heldout.txt").write_text("cat a sees dog the\n" * 5)
    options = ("--heldout", "heldout.txt", "--learning-rate", "0.5", "--batch-tokens", "40")
    shown = run("pretrain", "corpus.txt", "-o", "run", *SHAPE, "--passes", 5, *options).stderr
    rows = [line.split(",") for line in (tmp_path / "run/history.csv").read_text().splitlines()]
    column = rows[0].index("perplexity")
    measured = [float(row[column]) for row in rows[1:] if row[column]]
    assert measured[-1] > 1.1 * min(measured)
    assert f"The perplexity rose again to {measured[-1]:,.1f} until the end" in shown
    assert "Its last weights were left out" in shown
