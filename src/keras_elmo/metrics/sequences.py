"""How close predicted sequences are to gold ones: exact match, edit distance, error rates."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.metrics.scores import check_equal_length

OF_TEXTS = ("bleu", "chrf")  # what `translation_report` returns


class SacrebleuMissingError(ImportError):
    """sacrebleu is not installed."""


_SACREBLEU = "BLEU and chrF need sacrebleu"


def edit_distance(gold: Sequence[Any], predicted: Sequence[Any]) -> int:
    """The fewest insertions, deletions and replacements that make one of the other (Levenshtein).

    Args:
        gold, predicted: strings, compared by characters, or lists of symbols.

    Example:
        >>> edit_distance("kitten", "sitting")
        3
    """
    if len(gold) < len(predicted):
        gold, predicted = predicted, gold  # the shorter one is the row that is kept
    row = list(range(len(predicted) + 1))
    for i, wanted in enumerate(gold, 1):
        diagonal, row[0] = row[0], i
        for j, found in enumerate(predicted, 1):
            replaced = diagonal + (wanted != found)
            diagonal = row[j]
            row[j] = min(replaced, row[j] + 1, row[j - 1] + 1)
    return row[-1]


def exact_match(gold: Sequence[Any], predicted: Sequence[Any]) -> float:
    """The share of sequences that are right as a whole.

    Raises:
        ValueError: unequal numbers, or none.
    """
    check_equal_length("sequences", len(gold), len(predicted))
    return sum(a == b for a, b in zip(gold, predicted, strict=True)) / len(gold)


def token_error_rate(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """All edits over all gold tokens: of phonemes, characters or words, whatever the tokens are.

    It is 1.0 for predictions that are all empty, and more where they are too long.

    Raises:
        ValueError: unequal numbers, or gold sequences without a token.
    """
    check_equal_length("sequences", len(gold), len(predicted))
    if not (tokens := sum(map(len, gold))):
        raise ValueError("gold must hold tokens: an error rate is a share of them. Received: none")
    edits = sum(edit_distance(a, b) for a, b in zip(gold, predicted, strict=True))
    return edits / tokens


def closest(
    references: Sequence[Sequence[Sequence[str]]], predicted: Sequence[Sequence[str]]
) -> list[Sequence[str]]:
    """The reference of each input that is closest to its prediction.

    Pronunciations are measured so: a word counts as right if it is one of those in the dictionary.
    The error rates are then those against what this returns.

    Args:
        references: the right sequences of each input, one at least.
        predicted: one sequence each.

    Returns:
        A reference each; of equally close ones the first.

    Raises:
        ValueError: unequal numbers, or an input without a reference.
    """
    check_equal_length("sequences", len(references), len(predicted))
    if missing := [i for i, choices in enumerate(references) if not choices]:
        raise ValueError(f"each input needs a reference. Received: none for input {missing[0]}")
    return [
        min(choices, key=lambda gold: edit_distance(gold, found))
        for choices, found in zip(references, predicted, strict=True)
    ]


def sequence_report(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> dict[str, float | int]:
    """The measures that need no more than the tokens.

    Returns:
        `exact_match`, `sequence_error_rate` (1 − exact_match: the word error rate of
        pronunciations), `token_error_rate`, and the number of gold `tokens`.

    Raises:
        ValueError: as `token_error_rate`.
    """
    right = exact_match(list(map(list, gold)), list(map(list, predicted)))
    return {
        "tokens": sum(map(len, gold)),
        "exact_match": right,
        "sequence_error_rate": 1.0 - right,
        "token_error_rate": token_error_rate(gold, predicted),
    }


def translation_report(gold: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """BLEU and chrF of texts, from 0 to 100, as sacrebleu counts them by default.

    BLEU splits punctuation from words itself ("13a"), so it takes texts and not tokens.

    Args:
        gold, predicted: a text each.

    Raises:
        SacrebleuMissingError: sacrebleu is not installed.
        ValueError: unequal numbers, or none.
    """
    check_equal_length("texts", len(gold), len(predicted))
    with needs_extra("translation", _SACREBLEU, SacrebleuMissingError):
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    texts, references = list(predicted), [list(gold)]
    return {
        "bleu": float(BLEU().corpus_score(texts, references).score),
        "chrf": float(CHRF().corpus_score(texts, references).score),
    }


def check_sacrebleu() -> None:
    """Raise a `SacrebleuMissingError` if sacrebleu is not installed, before a long training."""
    if find_spec("sacrebleu") is None:
        with needs_extra("translation", _SACREBLEU, SacrebleuMissingError):
            raise ImportError
