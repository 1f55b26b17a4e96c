"""Naive Bayes on n-grams: a second opinion on a text, from words that ELMo has hardly met."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from keras_elmo.files.json_files import loads
from keras_elmo.files.npz_file import read_npz
from keras_elmo.metrics.combination import combined, fit_combination
from keras_elmo.text.ngrams import character_ngrams, word_ngrams

Tokens = Sequence[str]

_KINDS: dict[str, Callable[[Tokens], set[str]]] = {
    "words": word_ngrams,
    "characters": character_ngrams,
}
_MIN_COUNT = 2  # sentences
_MOST = 100_000  # n-grams of a kind
_SMOOTHING = 0.3
_SMALLEST = 1e-12
_CONTENT = "what a classifier knows of n-grams"
_HINT = "Copy the whole folder once more, or train it again."


class NGramBayes:
    """What n-grams of words, n-grams of characters and a network together say of a text.

    Args:
        kinds: the tables of both kinds of n-grams.
        weights: of the network and of each kind, float `(1 + kinds,)`; see
            [`combined`][keras_elmo.metrics.combination.combined].
        biases: of each class, float `(classes,)`.
    """

    def __init__(
        self, kinds: Sequence["NGramTable"], weights: np.ndarray, biases: np.ndarray
    ) -> None:
        self.kinds, self.weights, self.biases = kinds, weights, biases

    @classmethod
    def fit(cls, sentences: Sequence[Tokens], class_ids: np.ndarray, num_classes: int) -> Self:
        """Count the n-grams of training sentences; without a weight until `fit_weights`.

        Args:
            sentences: token lists.
            class_ids: integers `(sentences,)`.
            num_classes: how many there are.
        """
        kinds = [NGramTable.fit(kind, sentences, class_ids, num_classes) for kind in _KINDS]
        return cls(kinds, np.array([1.0, *np.zeros(len(kinds))]), np.zeros(num_classes))

    def fit_weights(
        self, probabilities: np.ndarray, sentences: Sequence[Tokens], class_ids: np.ndarray
    ) -> None:
        """Choose the weights on sentences that were not trained on.

        Args:
            probabilities: of the network, float `(sentences, classes)`.
            sentences, class_ids: as of `fit`.
        """
        evidence = self._evidence(probabilities, sentences)
        self.weights, self.biases = fit_combination(evidence, class_ids)

    def combine(self, probabilities: np.ndarray, sentences: Sequence[Tokens]) -> np.ndarray:
        """New probabilities, float `(sentences, classes)` like those of the network."""
        evidence = self._evidence(probabilities, sentences)
        return combined(evidence, self.weights, self.biases).astype(probabilities.dtype)

    def _evidence(self, probabilities: np.ndarray, sentences: Sequence[Tokens]) -> np.ndarray:
        logs = np.log(np.maximum(probabilities.astype(float), _SMALLEST))
        scores = [kind.scores(sentences) for kind in self.kinds]
        return np.stack([logs, *scores], axis=1)

    def save(self, path: Path) -> None:
        """Write everything to an `.npz` file."""
        arrays: dict[str, Any] = {"weights": self.weights, "biases": self.biases}
        for kind in self.kinds:
            arrays |= kind.arrays()
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path, error: type[ValueError] = ValueError) -> Self:
        """Read what `save` wrote.

        Args:
            path: the file.
            error: the class of the error that is raised if it is damaged.
        """
        arrays = read_npz(path, _CONTENT, error, hint=_HINT)
        try:
            kinds = [NGramTable.from_arrays(kind, arrays) for kind in _KINDS]
            found = cls(kinds, arrays["weights"], arrays["biases"])
            shapes = [found.weights.shape == (1 + len(kinds),), found.biases.ndim == 1]
            shapes += [kind.table.shape == (len(kind.ngrams), len(found.biases)) for kind in kinds]
            shapes += [kind.frequencies.shape == (len(kind.ngrams),) for kind in kinds]
            if not all(shapes):
                raise ValueError("arrays that do not go together")
            return found
        except (KeyError, ValueError, TypeError) as problem:
            raise error(f"{path} must hold {_CONTENT}. Received: {problem}. {_HINT}") from problem


class NGramTable:
    r"""Multinomial naive Bayes on n-grams of one kind.

    An n-gram $g$ of a sentence counts with its inverse document frequency, and all of a sentence
    have the norm 1 together: $x_g$ (Rennie et al. 2003, §4). With $c_{kg}$, the sum of $x_g$ over
    the training sentences of class $k$, and the smoothing $\alpha$ a sentence's score for it is
    $\sum_g x_g \log (c_{kg} + \alpha) / \sum_h (c_{kh} + \alpha)$, less the mean over all classes.

    Args:
        kind: `"words"` or `"characters"`.
        ngrams: those that count.
        frequencies: their inverse document frequencies, float32 `(n-grams,)`.
        table: the logarithms of the formula less their mean, float32 `(n-grams, classes)`.
    """

    def __init__(
        self, kind: str, ngrams: Sequence[str], frequencies: np.ndarray, table: np.ndarray
    ) -> None:
        self.kind, self.ngrams, self.frequencies, self.table = kind, ngrams, frequencies, table
        self._places = {ngram: place for place, ngram in enumerate(ngrams)}

    @classmethod
    def fit(
        cls, kind: str, sentences: Sequence[Tokens], class_ids: np.ndarray, num_classes: int
    ) -> Self:
        """Count; n-grams of a single sentence are left out."""
        counts = Counter(ngram for tokens in sentences for ngram in _KINDS[kind](tokens))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
        known = [(ngram, count) for ngram, count in ranked if count >= _MIN_COUNT]
        share = np.array([1 + count for _, count in known], float) / (1 + len(sentences))
        frequencies = (1 - np.log(share)).astype(np.float32)
        table = np.full((len(known), num_classes), _SMOOTHING)
        found = cls(kind, [ngram for ngram, _ in known], frequencies, table)
        for tokens, class_id in zip(sentences, class_ids, strict=True):
            places, values = found._values(tokens)
            table[places, class_id] += values
        logs = np.log(table / table.sum(axis=0))
        found.table = (logs - logs.mean(axis=1, keepdims=True)).astype(np.float32)
        return found

    def scores(self, sentences: Sequence[Tokens]) -> np.ndarray:
        """The score of each class, float `(sentences, classes)`."""
        scores = np.zeros((len(sentences), self.table.shape[1]))
        for row, tokens in zip(scores, sentences, strict=True):
            places, values = self._values(tokens)
            row[:] = values @ self.table[places]
        return scores

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything, by name."""
        text = np.frombuffer(json.dumps(self.ngrams).encode(), np.uint8)
        arrays = {"ngrams": text, "frequencies": self.frequencies, "table": self.table}
        return {f"{self.kind}_{name}": array for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, kind: str, arrays: Mapping[str, np.ndarray]) -> Self:
        """What `arrays` gave."""
        ngrams = loads(arrays[f"{kind}_ngrams"].tobytes())
        if not isinstance(ngrams, list) or not all(isinstance(n, str) for n in ngrams):
            raise TypeError("n-grams that are no strings")
        return cls(kind, ngrams, arrays[f"{kind}_frequencies"], arrays[f"{kind}_table"])

    def _values(self, tokens: Tokens) -> tuple[np.ndarray, np.ndarray]:
        """The places of a sentence's known n-grams, and their $x_g$."""
        ngrams = _KINDS[self.kind](tokens)
        places = np.array(sorted(self._places[n] for n in ngrams if n in self._places), int)
        values = self.frequencies[places].astype(float)
        return places, values / max(float(np.linalg.norm(values)), _SMALLEST)
