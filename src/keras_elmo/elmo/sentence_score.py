"""How probable a language model finds a sentence, and a text."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SentenceScore:
    r"""Log-probabilities of one sentence of n words, in nats.

    Forwards every word and `</S>` is predicted from what stands before it, backwards every word
    and `<S>` from what stands behind it. A word outside the vocabulary counts as `<UNK>`: its
    probability is that of *some* unknown word, so sentences full of them look probable.

    Attributes:
        tokens: the n words.
        forward: float32 `(n + 1,)`, $\log p(w_i \mid w_{<i})$ of each word, then of `</S>`.
        backward: float32 `(n + 1,)`, $\log p(w_i \mid w_{>i})$ of each word, then of `<S>`.
        unknown: how many words are outside the vocabulary.
    """

    tokens: list[str]
    forward: np.ndarray
    backward: np.ndarray
    unknown: int

    @property
    def mean(self) -> np.ndarray:
        """Both directions' mean log-probability: float32 `(n + 1,)`; the last entry is the ends."""
        return (self.forward + self.backward) / 2

    @property
    def num_characters(self) -> int:
        """Code points of the words, and one more for the space or line end behind each."""
        return sum(len(word) + 1 for word in self.tokens)

    @property
    def perplexity(self) -> float:
        """exp of the mean loss of both directions per prediction, the ends included."""
        return summarise([self])["perplexity"]

    @property
    def per_character(self) -> float:
        """The same, with the loss shared out over the characters."""
        return summarise([self])["per_character"]


def summarise(scores: Iterable[SentenceScore]) -> dict[str, float]:
    """The `perplexities` of all sentences together; reads the scores once.

    Raises:
        ValueError: no sentences.
    """
    loss, predictions, tokens, characters, unknown = np.zeros(2), 0, 0, 0, 0
    for score in scores:
        loss -= [score.forward.sum(dtype=np.float64), score.backward.sum(dtype=np.float64)]
        predictions += len(score.forward)
        tokens += len(score.tokens)
        characters += score.num_characters
        unknown += score.unknown
    if not tokens:
        raise ValueError("at least one sentence must be given. Received: none.")
    return perplexities(loss, predictions, characters, unknown / tokens, tokens)


def perplexities(
    loss: np.ndarray, predictions: int, characters: int, unknown: float, tokens: int
) -> dict[str, float]:
    """The measures of a text.

    Args:
        loss: sums over all predictions, forwards and backwards: float `(2,)`, in nats.
        predictions: number of predictions of each direction, the ends of sentences included.
        characters: code points of the words, and one more for the space or line end behind each.
        unknown: share of the tokens outside the vocabulary.
        tokens: number of tokens.

    Returns:
        `forward`, `backward`, `perplexity` (exp of the mean of both losses), `per_character` (the
        same, with the loss shared out over the characters), `unknown`, `tokens`.
    """
    forward, backward = np.exp(loss / predictions)
    return {
        "forward": float(forward),
        "backward": float(backward),
        "perplexity": float(np.exp(loss.mean() / predictions)),
        "per_character": float(np.exp(loss.mean() / characters)),
        "unknown": float(unknown),
        "tokens": tokens,
    }
