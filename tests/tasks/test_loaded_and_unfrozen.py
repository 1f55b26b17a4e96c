"""A loaded task whose ELMo was frozen trains all of it when it is asked to."""

import numpy as np
import pytest
from support import small_backbone

from keras_elmo import ElmoBackbone, ElmoPreprocessor, ElmoTextClassifier, load_elmo
from keras_elmo.tasks.loading import load_task


@pytest.mark.portable
@pytest.mark.parametrize("how", ["task", "folder", "arrays"])
def test_what_was_loaded_frozen_can_train(tmp_path, how):
    task = ElmoTextClassifier(
        small_backbone()[0],
        labels=["neg", "pos"],
        preprocessor=ElmoPreprocessor("whitespace", max_characters_per_token=8),
        lstm_units=3,
    )
    task.save_to_preset(tmp_path / "model")
    if how == "task":
        loaded = load_task(tmp_path / "model")
    else:
        folder = tmp_path / "model"
        backbone = ElmoBackbone.from_preset(load_elmo(folder) if how == "arrays" else folder)
        loaded = ElmoTextClassifier(
            backbone, labels=["neg", "pos"], preprocessor=task.preprocessor, lstm_units=3
        )
    assert not loaded.backbone.trainable_weights
    before = loaded.backbone.get_weights()
    loaded.fit(["good film", "bad film"] * 4, ["pos", "neg"] * 4, recipe="full", verbose=0)
    changed = [
        np.abs(a - b).max() > 0 for a, b in zip(loaded.backbone.get_weights(), before, strict=True)
    ]
    assert any(changed)
