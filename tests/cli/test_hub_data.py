"""A data set in the form of the hub, from training to predictions."""

import json

import pytest

datasets = pytest.importorskip("datasets", reason="needs the package datasets")


def test_tags(run, tiny, tmp_path, monkeypatch):
    names = {"names": {"0": "O", "1": "B-PER"}}
    columns = [
        {"name": "tokens", "list": "string"},
        {"name": "ner_tags", "list": {"dtype": {"class_label": names}}},
    ]
    folder = tmp_path / "user" / "people"
    folder.mkdir(parents=True)
    card = json.dumps({"dataset_info": {"features": columns}})  # which is YAML, too
    (folder / "README.md").write_text(f"---\n{card}\n---\n")
    rows = [{"tokens": ["Ada", "left"], "ner_tags": [1, 0]}, {"tokens": ["no"], "ner_tags": [0]}]
    for split in ("train", "test"):
        text = "".join(json.dumps(row) + "\n" for row in rows * 6)
        (folder / f"{split}.jsonl").write_text(text)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))

    hub, label = "hf://user/people", ("--label", "ner_tags")
    arguments = (f"{hub}:train", *label, "--dev", f"{hub}:test", "--preset", tiny, "--epochs", "1")
    shown = run("train", *arguments, "-o", "model", "--lstm-units", "4").stderr
    assert "tagging, 5 labels: 12 rows to train on, 12 to develop on" in shown
    config = json.loads((tmp_path / "model" / "task.json").read_text())["config"]
    assert config["labels"] == ["O", "B-PER", "E-PER", "I-PER", "S-PER"]
    run("evaluate", "model", f"{hub}:test", *label)
    assert json.loads((tmp_path / "model" / "evaluation.json").read_text())["tokens"] == 18
    found = run("predict", "model", f"{hub}:test", "--text", "tokens").stdout.splitlines()
    assert [json.loads(line)["tokens"] for line in found] == [row["tokens"] for row in rows * 6]
    run("embed", f"{hub}:test", "--text", "tokens", "--preset", tiny, "-o", "features.npz")
