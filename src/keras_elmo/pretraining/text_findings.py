"""What makes a text a bad one to learn a language from, or to measure on."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from keras_elmo.pretraining.corpus import BOS, EOS, Corpus

_BLOCK = 1 << 22  # tokens looked at together
_ONE_WORD, _CUT = 0.3, 0.01  # shares from which on it is told
_LONG = 5  # words of a sentence that hardly occurs twice by chance


def text_findings(corpus: Corpus, report: Mapping[str, Any]) -> list[str]:
    """Sentences about a text that is not one tokenised sentence a line.

    Args:
        corpus: the prepared text.
        report: what `read_report` returned of its folder.
    """
    found, total = [], report["all"]
    one_word = float(np.mean(np.diff(corpus.offsets) == 1))
    if one_word > _ONE_WORD:
        found.append(
            f"{one_word:.0%} of the sentences are one word. Words are split at spaces, so text "
            "without them (Chinese, Japanese, Thai) must be segmented into words first."
        )
    tokens = np.asarray(corpus.tokens)
    blocks = (tokens[begin : begin + _BLOCK] for begin in range(0, len(tokens), _BLOCK))
    if marks := sum(int(np.isin(block, (BOS, EOS)).sum()) for block in blocks):
        found.append(
            f"<S> or </S> stand {marks:,} times in the text. Every line is a sentence already, so "
            "they are learned as words in it: take them out."
        )
    cut = total["cut_lines"] / max(1, total["lines"])
    if cut > _CUT:
        length = report["max_length"]
        found.append(
            f"{cut:.0%} of the lines have more than {length} words and are cut into pieces of "
            f"{length}. Expected one sentence a line."
        )
    return found


def shared_sentences(heldout: Corpus, corpus: Corpus) -> float:
    """Share of the held-out sentences that stand in the training text word for word.

    Counted are sentences of five words or more, which hardly occur twice by chance, or all of them
    where there are none such.

    Args:
        heldout: a text whose type ids are those of `corpus`, as of `read_corpus`.
        corpus: the training text.
    """
    lengths = _lengths(heldout)
    size = int(max(lengths.max(), _lengths(corpus).max()))
    # Odd factors: sentences that differ in one word have different sums.
    factors = np.random.default_rng(0).integers(2**64, size=size, dtype=np.uint64) | 1
    sums = np.concatenate(list(_sums(heldout, factors)))
    counted = lengths >= (_LONG if lengths.max() >= _LONG else 1)
    found = np.zeros(len(sums), dtype=bool)
    for block in _sums(corpus, factors):
        found |= np.isin(sums, block)
    return float(found[counted].mean())


def _lengths(corpus: Corpus) -> np.ndarray:
    return np.diff(np.unique(corpus.offsets))  # without sentences of no words


def _sums(corpus: Corpus, factors: np.ndarray) -> Iterator[np.ndarray]:
    """A number for each sentence, equal for the same words in the same places: uint64."""
    offsets, first = np.unique(corpus.offsets), 0
    while first < len(offsets) - 1:
        last = int(np.searchsorted(offsets, offsets[first] + _BLOCK, side="right")) - 1
        last = max(first + 1, last)
        begins = offsets[first:last] - offsets[first]
        lengths = np.diff(offsets[first : last + 1])
        place = np.arange(lengths.sum()) - np.repeat(begins, lengths)
        words = np.asarray(corpus.tokens[offsets[first] : offsets[last]]).astype(np.uint64) + 1
        yield np.add.reduceat(words * factors[place], begins)
        first = last
