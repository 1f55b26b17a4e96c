"""Scores of spans → answers: the best of all windows, with their places and probabilities."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from keras_elmo.runtime.questions import Pair

# Of each window of a passage its first token and float `(1 + tokens, 2)`.
Scores = list[tuple[int, np.ndarray]]


@dataclass(frozen=True)
class AnswerSpan:
    """A possible answer.

    Attributes:
        text: as it stands in the passage.
        start, end: its characters there, `end` exclusive.
        score: how much more it is than no answer: the logarithm of the odds between the two.
        probability: among all spans of the passage and no answer.
    """

    text: str
    start: int
    end: int
    score: float
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The answer to a question.

    Attributes:
        answer: the best span's text; `""` where there is none.
        no_answer_probability: that the passage holds none.
        spans: the best ones, whether or not there is an answer; the best first.
    """

    answer: str
    no_answer_probability: float
    spans: list[AnswerSpan] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """It as JSON can hold it."""
        spans = [
            vars(span) | {key: round(getattr(span, key), 6) for key in ("score", "probability")}
            for span in self.spans
        ]
        share = round(self.no_answer_probability, 6)
        return {"answer": self.answer, "no_answer_probability": share, "spans": spans}


def find_answers(
    pair: Pair,
    scores: Scores,
    *,
    n_best: int,
    max_length: int,
    threshold: float,
) -> Prediction:
    r"""The answer to a question from the scores of all windows of its passage.

    In each window a span weighs $w = p(i, j)\, e^{-z}$ against no answer, which weighs 1: its share
    of all spans times the odds of an answer. That makes windows comparable, and all of them share
    one sum (as the shared normalisation of Clark & Gardner 2018, §3): $p = w / (1 + \sum w)$, which
    for one window is the model's own probability.

    Args:
        pair: question and passage.
        scores: of each window its first token and float `(1 + tokens, 2)`.
        n_best: number of spans.
        max_length: tokens of a span at most.
        threshold: of the probability of no answer, above which there is none.
    """
    weights, spans = [], {}
    for start, logits in scores:
        logits = logits.astype(np.float64)
        weights.append(-logits[0].sum())
        scale = weights[-1] - _log_sum(_all_spans(logits[1:]))
        for first, last, score in best_spans(logits[1:], n_best, max_length):
            key = start + first, start + last
            # Where windows overlap, the one that is surer of a span has seen more of its reasons.
            spans[key] = max(score + scale, spans.get(key, -np.inf))
    total = _log_sum(np.array([0.0, *weights]))
    none_probability = float(np.exp(-total))
    order = sorted(spans.items(), key=lambda item: (-item[1], item[0]))[:n_best]
    found = []
    for (first, last), score in order:
        begin, end = pair.spans[first][0], pair.spans[last][1]
        share = float(np.exp(score - total))
        found.append(AnswerSpan(pair.text[begin:end], begin, end, float(score), share))
    answer = found[0].text if found and none_probability <= threshold else ""
    return Prediction(answer, none_probability, found)


def best_spans(logits: np.ndarray, count: int, max_length: int) -> list[tuple[int, int, float]]:
    """The spans with the highest scores: first and last token (inclusive) and score.

    Args:
        logits: float `(tokens, 2)` of starts and ends.
        count: of spans at most.
        max_length: tokens of a span at most.
    """
    tokens = len(logits)
    width = min(max_length, tokens)
    ends = np.concatenate([logits[:, 1], np.full(width - 1, -np.inf)])
    # Row i holds the ends that a span from token i may have.
    scores = logits[:, :1] + np.lib.stride_tricks.sliding_window_view(ends, width)
    flat = scores.ravel()
    count = min(count, len(flat))
    chosen = np.argpartition(-flat, count - 1)[:count]
    chosen = chosen[np.lexsort((chosen, -flat[chosen]))]
    firsts, lengths = np.divmod(chosen, width)
    return [
        (int(i), int(i + n), float(flat[k]))
        for i, n, k in zip(firsts, lengths, chosen, strict=True)
        if np.isfinite(flat[k])
    ]


def _all_spans(logits: np.ndarray) -> np.ndarray:
    """The scores of all spans of a window."""
    return (logits[:, :1] + logits[:, 1])[np.triu_indices(len(logits))]


def _log_sum(x: np.ndarray) -> float:
    top = x.max()
    return float(top + np.log(np.exp(x - top).sum()))
