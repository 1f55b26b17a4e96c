"""A preset with its language model predicts as the language model that was written."""

import numpy as np
import pytest
from support import small_backbone, to_numpy, without_checksums

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.word_vectors import load_word_vectors
from keras_elmo.pretraining.batches import BatchMaker, TypeCharacters
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
    maker = BatchMaker(characters, len(WORDS))
    return to_numpy(model(maker.of_sentences(corpus, np.array([0]))))


@pytest.mark.portable
def test_round_trip(model, tmp_path):
    export_preset(model, tmp_path / "whole", vocabulary=WORDS)
    loaded = ElmoLanguageModel.from_preset(tmp_path / "whole")
    vocabulary = loaded.vocabulary
    assert list(vocabulary.tokens) == WORDS
    np.testing.assert_array_equal(losses(loaded), losses(model))
    export_preset(model, tmp_path / "half", vocabulary=WORDS, half=True)
    np.testing.assert_allclose(
        losses(ElmoLanguageModel.from_preset(tmp_path / "half")), losses(model), atol=1e-2
    )


def test_files_that_do_not_fit_are_refused(model, tmp_path):
    export_preset(model.backbone, tmp_path / "elmo")
    with pytest.raises(ValueError, match=r"has no softmax\.h5"):
        ElmoLanguageModel.from_preset(tmp_path / "elmo")
    export_preset(model, tmp_path / "whole", vocabulary=WORDS)
    Vocabulary(WORDS[:-1]).save(tmp_path / "whole" / "vocabulary.txt")
    with pytest.raises(WeightsError, match=r"vocabulary\.txt is damaged"):
        ElmoLanguageModel.from_preset(tmp_path / "whole")
    without_checksums(tmp_path / "whole")
    with pytest.raises(WeightsError, match=r"5 words of vocabulary\.txt. Received: "):
        ElmoLanguageModel.from_preset(tmp_path / "whole")


@pytest.mark.portable
def test_word_vectors_are_what_logits_are_products_with(model, tmp_path):
    """Two words' losses differ by the product of hidden state and difference of their vectors."""
    hidden = np.random.default_rng(1).normal(size=(2, model.backbone.config.projection_dim))
    found = [
        to_numpy(model.softmax(hidden.astype("float32"), np.full(2, target, "int32")))
        for target in (3, 4)  # of one cluster, where there are clusters
    ]
    vectors = model.softmax.output_vectors()  # biases are 0 in a new model
    expected = hidden @ (vectors[4] - vectors[3])
    np.testing.assert_allclose(found[0] - found[1], expected, rtol=1e-4, atol=1e-5)

    export_preset(model, tmp_path / "preset", vocabulary=WORDS)
    words, scaled = load_word_vectors(tmp_path / "preset")
    assert words == ["a", "dog", "naïve"]
    assert scaled.std() == pytest.approx(0.4, rel=1e-5)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-6)
    ratio = (scaled[1] - scaled[0]) / (vectors[4] - vectors[3])
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)


def test_word_vectors_of_words_in_several_spellings(tmp_path):
    """A lower-cased word has its own row, else that of its most frequent spelling."""
    words = [*MARKS, "Dog", "dog", "NASA", "Nasa"]
    model = ElmoLanguageModel(small_backbone()[0], len(words))
    export_preset(model, tmp_path / "preset", vocabulary=words)
    found, vectors = load_word_vectors(tmp_path / "preset")
    assert found == ["dog", "nasa"]
    rows = model.softmax.output_vectors()[[4, 5]]
    np.testing.assert_allclose(np.sign(vectors), np.sign(rows - rows.mean(axis=0)))
