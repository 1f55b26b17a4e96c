"""A tiny random ELMo, small labelled files, and the command line run in this process."""

import json
import os

import pytest
from typer.testing import CliRunner


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Return a preset folder, with the same ELMo in published files beside it."""
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.pretraining.export import export_preset

    folder = tmp_path_factory.mktemp("elmo")
    backbone = ElmoBackbone(
        projection_dim=4, units=8, char_embedding_dim=4, char_filters=[[1, 8], [2, 8]]
    )
    export_preset(backbone, folder / "tiny", description="random")
    backbone.save_hdf5(folder / "weights.hdf5", folder / "options.json")
    return folder / "tiny"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command in `tmp_path` and checks its exit code."""
    from keras_elmo.cli import app

    monkeypatch.chdir(tmp_path)
    # Rich wraps tables at the width of the terminal.
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments, code=0, stdin=None):
        result = CliRunner().invoke(
            app,
            [os.fspath(x) if isinstance(x, os.PathLike) else str(x) for x in arguments],
            input=stdin,
        )
        assert result.exit_code == code, (result.exception, result.output)
        assert "Traceback" not in result.output
        return result

    return invoke


REVIEWS = [
    (f"a {word} film", label)
    for label, words in (("pos", "good great joy"), ("neg", "bad dull lost"))
    for word in words.split()
] * 4
SENTENCES = [("Ada lives in Rome", "B-PER O O B-LOC"), ("Grace left", "B-PER O")] * 6


@pytest.fixture
def reviews(tmp_path):
    """Return a CSV file of 24 labelled texts."""
    return write(
        tmp_path / "reviews.csv", "text,label", *(f"{text},{label}" for text, label in REVIEWS)
    )


@pytest.fixture
def conll(tmp_path):
    """Return a CoNLL file of 12 tagged sentences."""
    blocks = [
        "\n".join(map(" ".join, zip(a.split(), b.split(), strict=True))) for a, b in SENTENCES
    ]
    return write(tmp_path / "train.conll", "\n\n".join(blocks))


@pytest.fixture
def multi(tmp_path):
    """Return a JSON Lines file with lists of labels."""
    rows = [{"text": text, "label": [label, "film"]} for text, label in REVIEWS]
    return write(tmp_path / "multi.jsonl", *map(json.dumps, rows))


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
