"""`from_preset` with the word vectors of a language model, with others, and what it refuses."""

import numpy as np
import pytest
from support import small_backbone

from keras_elmo import ElmoPreprocessor, ElmoTextClassifier
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.word_vectors import load_word_vectors
from keras_elmo.pretraining.export import export_preset
from keras_elmo.text.vocabulary import MARKS

LABELS = ["negative", "positive"]


@pytest.fixture
def preset(tmp_path):
    words = [*MARKS, "good", "bad", "film"]
    model = ElmoLanguageModel(small_backbone()[0], len(words))
    export_preset(model, tmp_path / "preset", vocabulary=words)
    return tmp_path / "preset"


def rows_of(task):
    words = task.preprocessor.word_vocabulary.tokens
    return dict(zip(words, task.word_vectors.embeddings.numpy()[1:], strict=False))


def test_vectors_of_the_presets_language_model(preset):
    words, vectors = load_word_vectors(preset)
    task = ElmoTextClassifier.from_preset(preset, labels=LABELS, word_vectors="elmo")
    rows = rows_of(task)
    assert list(rows) == [*MARKS, *words]
    np.testing.assert_allclose([rows[word] for word in words], vectors)
    assert task.predict(["Good film"]).shape == (1, 2)
    assert task.word_vectors.rows == 1 + len(rows) + task.encoder.new_words


def test_they_are_the_default(preset):
    given = {"labels": LABELS}
    assert ElmoTextClassifier.from_preset(preset, **given).word_vectors is not None
    own = ElmoPreprocessor.from_preset(preset)
    for others in ({"word_vectors": None}, {"preprocessor": own}, {"load_weights": False}):
        assert ElmoTextClassifier.from_preset(preset, **given, **others).word_vectors is None


def test_given_vectors_of_all_their_words_or_of_the_preprocessors(preset):
    words, vectors = ["film", "plot"], np.array([[1.0, 2.0, 3.0], [3.0, 6.0, 5.0]], "float32")
    given = {"labels": LABELS, "word_vectors": (words, vectors)}
    rows = rows_of(ElmoTextClassifier.from_preset(preset, **given))
    assert list(rows) == [*MARKS, *words]
    np.testing.assert_allclose(rows["plot"], [3, 6, 5])
    own = ElmoPreprocessor.from_preset(preset, word_vocabulary=[*MARKS, "plot", "dull"])
    task = ElmoTextClassifier.from_preset(preset, preprocessor=own, **given)
    rows = rows_of(task)
    assert list(rows) == [*MARKS, "plot", "dull"]
    assert task.encoder.new_words == 0  # these and no others
    np.testing.assert_allclose(rows["plot"], [3, 6, 5])
    np.testing.assert_allclose(rows["dull"], [2, 4, 4])  # the mean


def test_what_it_refuses(preset, tmp_path):
    with pytest.raises(ValueError, match="must be 'elmo', for those of the preset's language"):
        ElmoTextClassifier.from_preset(preset, labels=LABELS, word_vectors="glove.txt")
    (preset / "softmax.h5").unlink()
    with pytest.raises(ValueError, match="is an ELMo without its language model"):
        ElmoTextClassifier.from_preset(preset, labels=LABELS, word_vectors="elmo")
    ElmoTextClassifier.from_preset(preset, labels=LABELS).save_to_preset(tmp_path / "task")
    with pytest.raises(ValueError, match="which holds a trained one with its own"):
        ElmoTextClassifier.from_preset(tmp_path / "task", word_vectors="elmo")
