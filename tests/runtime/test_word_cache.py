"""The vectors of words that were met before, also where several threads ask for them."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_elmo.runtime.word_cache import WordCache


def lengths_of(words):
    return np.array([[len(word)] * 3 for word in words], np.float32)


def test_threads_get_their_own_words():
    """A table that is too small for all of them, so that rows are given to others all the time."""
    cache = WordCache(lengths_of, 3, capacity=50)
    asked = [["x" * (1 + (7 * i + j) % 200) for j in range(40)] for i in range(400)]

    def ask(words):
        vectors, place = cache.vectors(words)
        return vectors[[place[word] for word in words], 0].tolist() == list(map(len, words))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, asked))
