"""`keras-elmo adapt` learns a domain, and says what it did to the perplexities."""

import json

import pytest
from support import small_backbone

from keras_elmo.files.folder_lock import locked_folder


@pytest.mark.compiled
def test_adapt(run, tmp_path):
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.pretraining.export import export_preset
    from keras_elmo.text.vocabulary import MARKS

    preset = tmp_path / "preset"
    model = ElmoLanguageModel(small_backbone()[0], 5)
    export_preset(model, preset, vocabulary=[*MARKS, "dog", "cat"])
    sentences = ["the dog barks", "a cat sleeps", "the cat barks"]
    (tmp_path / "domain.txt").write_text("\n".join(sentences * 20), encoding="utf-8")
    (tmp_path / "general.txt").write_text("a dog sleeps\nthe dog\n", encoding="utf-8")
    options = ["--domain", "domain.txt", "--general", "general.txt", "--learning-rate", "0.05"]
    run("adapt", preset, "domain.txt", "-o", "run", "--tokens", "20k", "--tensorboard", *options)
    report = json.loads((tmp_path / "run/adaptation.json").read_text())
    before, after = report["before"]["domain"], report["after"]["domain"]
    assert after["perplexity"] < before["perplexity"]
    assert report["before"]["general"]["tokens"] == 5
    model = ElmoLanguageModel.from_preset(tmp_path / "run/preset")
    vocabulary = model.vocabulary
    assert "barks" in vocabulary
    assert list((tmp_path / "run/tensorboard").iterdir())
    assert model.backbone.bilm.compute_dtype == "float32"
    # A budget in tokens is used up to the batch.
    history = (tmp_path / "run/history.csv").read_text().splitlines()
    assert 20_000 <= float(history[-1].split(",")[1]) < 22_000
    # Two runs in one folder would overwrite each other's checkpoints.
    with locked_folder(tmp_path / "busy"):
        refused = run("adapt", preset, "domain.txt", "-o", "busy", "--tokens", "100", code=1)
    assert "another command is writing busy. Wait" in refused.stderr
