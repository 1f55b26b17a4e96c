"""A preset with its language model predicts as the language model that was written."""

import numpy as np
import pytest
from support import small_backbone, to_numpy

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.softmax_file import load_language_model
from keras_elmo.pretraining.batches import TypeCharacters, make_batch
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.export import export_preset
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.weights import WeightsError

WORDS = [*MARKS, "a", "dog", "naïve"]


@pytest.fixture(params=[None, [3, 5]], ids=["full", "adaptive"])
def model(request):
    return ElmoLanguageModel(small_backbone()[0], len(WORDS), request.param)


def losses(model):
    corpus = encode_sentences([["a", "naïve", "dog"]], WORDS)
    characters = TypeCharacters.of_model(WORDS, model.backbone)
    return to_numpy(model(make_batch(corpus, np.array([0]), characters, len(WORDS))))


@pytest.mark.portable
def test_round_trip(model, tmp_path):
    export_preset(model, tmp_path / "whole", vocabulary=WORDS)
    loaded, vocabulary = load_language_model(tmp_path / "whole")
    assert list(vocabulary.tokens) == WORDS
    np.testing.assert_array_equal(losses(loaded), losses(model))
    export_preset(model, tmp_path / "half", vocabulary=WORDS, half=True)
    np.testing.assert_allclose(
        losses(load_language_model(tmp_path / "half")[0]), losses(model), atol=1e-2
    )


def test_files_that_do_not_fit_are_refused(model, tmp_path):
    export_preset(model.backbone, tmp_path / "elmo")
    with pytest.raises(ValueError, match=r"has no softmax\.h5"):
        load_language_model(tmp_path / "elmo")
    export_preset(model, tmp_path / "whole", vocabulary=WORDS)
    Vocabulary(WORDS[:-1]).save(tmp_path / "whole" / "vocabulary.txt")
    with pytest.raises(WeightsError, match=r"5 words of vocabulary\.txt. Received: "):
        load_language_model(tmp_path / "whole")
