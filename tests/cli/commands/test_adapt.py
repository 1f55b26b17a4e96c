"""`keras-elmo adapt` learns a domain, and says what it did to the perplexities."""

import json

import numpy as np
import pytest
from support import small_backbone

from keras_elmo.files.folder_lock import locked_folder


@pytest.fixture
def preset(tmp_path):
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.pretraining.export import export_preset
    from keras_elmo.text.vocabulary import MARKS

    model = ElmoLanguageModel(small_backbone()[0], 5)
    export_preset(model, tmp_path / "preset", vocabulary=[*MARKS, "dog", "cat"])
    return tmp_path / "preset"


@pytest.mark.compiled
def test_adapt(run, tmp_path, preset):
    from keras_elmo.elmo.language_model import ElmoLanguageModel

    sentences = ["the dog barks", "a cat sleeps", "the cat barks"]
    (tmp_path / "domain.txt").write_text("\n".join(sentences * 20), encoding="utf-8")
    (tmp_path / "general.txt").write_text("a dog sleeps\nthe dog\n", encoding="utf-8")
    options = ["--domain", "domain.txt", "--general", "general.txt", "--learning-rate", "0.05"]
    shown = run(
        "adapt", preset, "domain.txt", "-o", "run", "--tokens", "20k", "--tensorboard", *options
    )
    assert "100.0% of the sentences of domain.txt are in the training text, too" in shown.stderr
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
    # The preset says of which evaluation it is.
    best = json.loads((tmp_path / "run/preset/metadata.json").read_text())["best"]
    assert best["perplexity"] == pytest.approx(after["perplexity"], rel=1e-5)
    assert f"has the weights of step {best['step']:,}, whose perplexity is the lowest" in (
        shown.stderr
    )
    # Two runs in one folder would overwrite each other's checkpoints.
    with locked_folder(tmp_path / "busy"):
        refused = run("adapt", preset, "domain.txt", "-o", "busy", "--tokens", "100", code=1)
    assert "another command is writing busy. Wait" in refused.stderr


@pytest.mark.compiled
def test_what_gets_worse_is_left_out(run, tmp_path, preset):
    """By default three passes; the weights of the start are kept where no pass was better."""
    from keras_elmo.elmo.language_model import ElmoLanguageModel

    (tmp_path / "text.txt").write_text("the dog barks\n" * 40, encoding="utf-8")
    (tmp_path / "heldout.txt").write_text("barks cat a\n" * 5, encoding="utf-8")
    options = ("--domain", "heldout.txt", "--learning-rate", "0.5", "--batch-tokens", "40")
    shown = run("adapt", preset, "text.txt", "-o", "run", *options).stderr
    assert "Nothing was gained: the perplexity of heldout.txt was" in shown
    history = (tmp_path / "run/history.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in history[1:]] == ["160", "320", "480"]  # once a pass
    report = json.loads((tmp_path / "run/adaptation.json").read_text())
    assert report["before"] == report["after"]
    assert report["best"]["step"] == 0
    ours, theirs = map(ElmoLanguageModel.from_preset, (tmp_path / "run/preset", preset))
    for one, other in zip(ours.backbone.get_weights(), theirs.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert "67% <UNK>" in shown  # beside the perplexity of each measure
