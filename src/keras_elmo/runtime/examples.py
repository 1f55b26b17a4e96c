"""Rows that belong together: what is predicted on, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Float `(sentences,)`, or of a tagger for each sentence float `(tokens,)`.
Weights = np.ndarray | list[np.ndarray]


@dataclass(frozen=True)
class Examples:
    """Sentences with what is known of them, row by row.

    Attributes:
        x: what a task makes of each sentence: token lists, pairs of them, …
        y: what the task makes of each label; empty where there are none.
        weights: weights of each sentence; of a joint tagger by the names of its heads.
    """

    x: list[Any]
    y: list[Any] = field(default_factory=list)
    weights: Any = ()

    def take(self, rows: np.ndarray) -> "Examples":
        """Some rows of them."""
        if isinstance(self.weights, Mapping):
            weights: Any = {name: _take(values, rows) for name, values in self.weights.items()}
        else:
            weights = _take(self.weights, rows)
        return Examples([self.x[i] for i in rows], [self.y[i] for i in rows], weights)


def _take(weights: Weights, rows: np.ndarray) -> Weights:
    return weights[rows] if isinstance(weights, np.ndarray) else [weights[i] for i in rows]
