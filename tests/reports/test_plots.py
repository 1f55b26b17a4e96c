"""Pictures are real PNG files of a sensible size."""

import numpy as np
import pytest

from keras_elmo.reports.plots import plot_confusion_matrix, plot_learning_curves
from keras_elmo.reports.records import command_record, write_history, write_json

PNG = b"\x89PNG\r\n\x1a\n"


def test_learning_curves(tmp_path):
    rows = [
        {"epoch": i, "loss": 1 / i, "val_loss": 1.1 / i, "accuracy": 0.5, "seconds": 3}
        for i in (1, 2, 3)
    ]
    plot_learning_curves([*rows, {"epoch": 4, "loss": float("nan")}], tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    plot_learning_curves(rows, tmp_path / "best.png", best=("val_loss", 3))
    plot_learning_curves(rows, tmp_path / "other.png", best=("val_loss", 2))
    pictures = {(tmp_path / f"{name}.png").read_bytes() for name in ("a", "best", "other")}
    assert len(pictures) == 3  # the kept epoch is marked
    plot_learning_curves([{"tokens": 5, "train_loss": 2.0}], tmp_path / "b.png", x="tokens")
    assert (tmp_path / "b.png").stat().st_size > 5000


@pytest.mark.parametrize("size", [2, 30])
def test_confusion_matrix(tmp_path, size):
    matrix = np.arange(size * size).reshape(size, size)
    labels = [f"class {i}" for i in range(size)]
    plot_confusion_matrix(matrix, labels, tmp_path / "matrix.png")
    assert (tmp_path / "matrix.png").read_bytes().startswith(PNG)


def test_records(tmp_path):
    write_history([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "val_loss": 0.25}], tmp_path / "h.csv")
    expected = "epoch,loss,val_loss\n1,0.5,\n2,,0.25\n"
    assert (tmp_path / "h.csv").read_text() == expected
    record = command_record(["keras-elmo", "train"], 3)
    assert record["command"] == ["keras-elmo", "train"]
    assert {"keras", "backend", "numpy", "python"} <= record.keys()
    write_json({"é": 1}, tmp_path / "x.json")
    assert "é" in (tmp_path / "x.json").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h.csv", "x.json"]
