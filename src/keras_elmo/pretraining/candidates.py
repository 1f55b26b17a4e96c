"""Candidates of the sampled softmax."""

import numpy as np


class LogUniformSampler:
    r"""Distinct words drawn with $p(k) = \log\frac{k+2}{k+1} / \log(V+1)$ (Zipf's law).

    Made for a vocabulary sorted by falling frequency. Sampling stops at `num_samples` distinct
    words after $n$ draws; word $k$ is then expected in the sample $1 - (1 - p(k))^n$ times, the
    count by which TensorFlow's and bilm-tf's sampled softmax correct as well.

    Args:
        vocabulary_size: number $V$ of words.
        num_samples: distinct words a sample holds, less than `vocabulary_size`.
    """

    def __init__(self, vocabulary_size: int, num_samples: int):
        if not 0 < num_samples < vocabulary_size:
            raise ValueError(
                "`num_samples` must lie between 1 and the vocabulary size less 1. "
                f"Received: num_samples={num_samples}, vocabulary_size={vocabulary_size}"
            )
        ranks = np.arange(vocabulary_size)
        self.probability = np.log1p(1.0 / (ranks + 1.0)) / np.log(vocabulary_size + 1.0)  # (V,)
        self.num_samples = num_samples

    def sample(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw candidates.

        Returns:
            ids, int32 `(num_samples,)`, and the log expected count of every word of the
            vocabulary, float32 `(vocabulary_size,)`.
        """
        draws = np.empty(0, dtype=np.int64)
        distinct = first = draws
        while len(distinct) < self.num_samples:
            more = np.exp(random.random(4 * self.num_samples) * np.log(len(self.probability) + 1))
            draws = np.concatenate([draws, np.minimum(more, len(self.probability)).astype(int) - 1])
            distinct, first = np.unique(draws, return_index=True)
        order = np.argsort(first)[: self.num_samples]
        num_draws = first[order[-1]] + 1
        log_counts = np.log(-np.expm1(num_draws * np.log1p(-self.probability)))
        return distinct[order].astype(np.int32), log_counts.astype(np.float32)
