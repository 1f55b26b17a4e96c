"""Small tasks on a small random ELMo, and data on which a model can be seen to learn."""

import numpy as np
import pytest


@pytest.fixture
def backbone():
    from support import small_backbone

    return small_backbone()[0]


@pytest.fixture
def preprocessor():
    from keras_elmo import ElmoPreprocessor

    words = ["<S>", "</S>", "<UNK>", "good", "bad", "film"]
    return ElmoPreprocessor("whitespace", max_characters_per_token=8, word_vocabulary=words)


@pytest.fixture
def reviews():
    """Sentences of 1 to 14 words and whether "good" is among them, both classes equally often."""
    random = np.random.default_rng(0)
    sentences = []
    for i in range(24):
        words = random.choice(["a", "film", "plot", "bad"], size=random.integers(1, 14)).tolist()
        sentences.append(" ".join(["good", *words] if i % 2 else words))
    return sentences, ["positive" if i % 2 else "negative" for i in range(24)]
