"""What we write is read elsewhere: AllenNLP's own Elmo gives the same numbers from our files."""

import numpy as np
import pytest
from support import small_backbone

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor

SENTENCES = [["a", "dog", "barks", "."], ["naïve", "日本語"], ["x" * 60]]


@pytest.mark.portable
@pytest.mark.parametrize("forget_bias", [1.0, 0.0])
def test_fine_tuned_elmo_leaves_for_allennlp(tmp_path, forget_bias):
    """A forget bias of 0 is that of an ELMo that came from AllenNLP's own models."""
    peer = pytest.importorskip(
        "simple_elmo_pytorch", reason="`make torch` installs AllenNLP's Elmo"
    )
    backbone, *_ = small_backbone(max_characters_per_token=50, forget_bias=forget_bias)
    files = tmp_path / "options.json", tmp_path / "weights.hdf5"
    backbone.save_hdf5(files[1], files[0])
    again = ElmoBackbone.from_preset(files[1])
    theirs = peer.Elmo(str(files[0]), str(files[1]), 1, dropout=0.0).eval()
    layers = theirs(peer.batch_to_ids(SENTENCES))["activations"]
    features = again.predict_on_batch(ElmoPreprocessor("whitespace")(SENTENCES))
    same = backbone.predict_on_batch(ElmoPreprocessor("whitespace")(SENTENCES))
    for row, sentence in enumerate(SENTENCES):
        steps = len(sentence)
        expected = np.stack(
            [layer.detach().numpy()[row, 1 : steps + 1] for layer in layers], axis=1
        )
        np.testing.assert_allclose(features[row, :steps], expected, atol=1e-6, rtol=1e-5)
        np.testing.assert_allclose(same[row, :steps], expected, atol=1e-6, rtol=1e-5)
