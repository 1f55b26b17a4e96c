"""Exact match and F1 of answers, as SQuAD's own programs count them."""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NotRequired, TypedDict

import numpy as np

from keras_elmo.metrics.scores import check_equal_length

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class AnswerScores(TypedDict):
    """Means over questions, 0 to 1, and their number."""

    exact_match: float
    f1: float
    support: int


class AnswerReport(TypedDict):
    """Measures of all questions, and of those with and without an answer where both are there."""

    exact_match: float
    f1: float
    has_answer: NotRequired[AnswerScores]
    no_answer: NotRequired[AnswerScores]


def normalised(answer: str) -> str:
    """An answer as it is compared: lower case, no ASCII punctuation, no articles, single spaces.

    Example:
        >>> normalised("The  U.S. and an  Ally")
        'us and ally'
    """
    text = answer.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def exact_match(answer: str, predicted: str) -> float:
    """1 where both are the same when normalised, else 0."""
    return float(normalised(answer) == normalised(predicted))


def answer_f1(answer: str, predicted: str) -> float:
    """The harmonic mean of precision and recall over words, each counted as often as it occurs.

    Where one of them has no words, 1 if neither has any, else 0 (as SQuAD 2.0's program).
    """
    gold, found = normalised(answer).split(), normalised(predicted).split()
    if not gold or not found:
        return float(gold == found)
    both = (Counter(gold) & Counter(found)).total()
    return 2.0 * both / (len(gold) + len(found))


def answer_scores(gold: Sequence[Sequence[str]], predicted: Sequence[str]) -> np.ndarray:
    """Exact match and F1 of each question: the best over its right answers.

    Args:
        gold: the right answers of each question; none, or only such as vanish when they are
            normalised, stand for no answer.
        predicted: the answer to each, `""` for none.

    Returns:
        float `(questions, 2)`, from 0 to 1.

    Raises:
        ValueError: other numbers of questions.
    """
    check_equal_length("questions", len(gold), len(predicted))

    def best(measure: Callable[[str, str], float], answers: Sequence[str], found: str) -> float:
        # What the program of version 2.0 does, too: an answer "the" would match nothing else.
        right = [answer for answer in answers if normalised(answer)] or [""]
        return max(measure(answer, found) for answer in right)

    return np.array(
        [
            [best(measure, answers, found) for measure in (exact_match, answer_f1)]
            for answers, found in zip(gold, predicted, strict=True)
        ]
    )


def answer_report(gold: Sequence[Sequence[str]], predicted: Sequence[str]) -> AnswerReport:
    """Measure answers as the official programs of SQuAD 1.1 and 2.0 do (theirs are per cent).

    Args:
        gold, predicted: see `answer_scores`.

    Returns:
        `exact_match` and `f1`; where some questions have no answer, also those of the questions
        that have one (`has_answer`) and of those that have none (`no_answer`), with `support`.

    Example:
        >>> answer_report([["1 May 2020", "May 2020"], []], ["on 1 May 2020", ""])["exact_match"]
        0.5
    """
    scores = answer_scores(gold, predicted)
    has_answer = np.array([len(answers) > 0 for answers in gold])
    exact, f1 = scores.mean(axis=0).tolist()
    report: AnswerReport = {"exact_match": exact, "f1": f1}
    if has_answer.all():
        return report
    if has_answer.any():
        report["has_answer"] = _mean(scores[has_answer])
    report["no_answer"] = _mean(scores[~has_answer])
    return report


def best_threshold(
    scores: Sequence[float] | np.ndarray,
    has_answer: Sequence[bool] | np.ndarray,
    no_answer_probabilities: Sequence[float] | np.ndarray,
) -> tuple[float, float]:
    """The threshold above which to answer nothing, so that the mean score is highest.

    Args:
        scores: `(questions,)`: what the best span scores where a question is answered; of questions
            without an answer it is not looked at.
        has_answer: whether a question has one.
        no_answer_probabilities: the probability of each question that it has no answer.

    Returns:
        The threshold, one of the probabilities or 0; and the mean score with it. A question is
        answered where its probability is at most the threshold.
    """
    probabilities = np.asarray(no_answer_probabilities, dtype=np.float64)
    order = np.argsort(probabilities, kind="stable")
    answerable = np.asarray(has_answer, bool)[order]
    # Answering in this order, each question adds its score, or loses what no answer won.
    gains = np.where(answerable, np.asarray(scores, dtype=np.float64)[order], -1.0)
    sums = np.concatenate([[0.0], np.cumsum(gains)]) + np.sum(~answerable)
    ranked = probabilities[order]
    # Of equal probabilities only the last is a threshold: all of them are answered together.
    allowed = np.concatenate([[True], np.append(ranked[1:] != ranked[:-1], True)])
    best = int(np.argmax(np.where(allowed, sums, -np.inf)))
    threshold = float(ranked[best - 1]) if best else 0.0
    return threshold, float(sums[best] / len(order))


def _mean(scores: np.ndarray) -> AnswerScores:
    exact, f1 = scores.mean(axis=0).tolist()
    return {"exact_match": exact, "f1": f1, "support": len(scores)}
