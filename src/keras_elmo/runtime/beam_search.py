"""Beam search over batches of sequences, whatever gives the probabilities."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Hypothesis(NamedTuple):
    """A sequence that was found.

    Attributes:
        ids: its symbols, without begin and end.
        log_probability: of it and its end.
        score: the log-probability over the length penalty.
        complete: False where it was cut at the greatest length, without an end.
    """

    ids: list[int]
    log_probability: float
    score: float
    complete: bool


class Steps(ABC):
    """Sequences that grow by one symbol at a time, `beam` rows for each sentence."""

    @abstractmethod
    def step(self, parents: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Go on from some rows of the step before, after a symbol each.

        Args:
            parents: int `(rows,)`, from which row each comes.
            ids: int `(rows,)`, the symbol that it was continued with.

        Returns:
            The log-probabilities of the best next symbols, float `(rows, choices)`, and which they
            are, int `(rows, choices)`: at least the best 2 × beam, or all.
        """


def penalty(length: int, strength: float) -> float:
    """What log-probabilities are divided by: ((5 + length) / 6) ^ strength (Wu et al. 2016, §7)."""
    return ((5 + length) / 6) ** strength


@dataclass
class _Search:
    """One sentence: its best finished hypotheses, and whether a better one can come."""

    beam: int
    found: list[Hypothesis] = field(default_factory=list)

    def add(self, hypothesis: Hypothesis) -> None:
        self.found.append(hypothesis)
        self.found.sort(key=lambda one: (not one.complete, -one.score))
        del self.found[self.beam :]

    def is_done(self, best_possible: float) -> bool:
        return len(self.found) == self.beam and self.found[-1].score >= best_possible


def beam_search(
    steps: Steps,
    count: int,
    *,
    begin: int,
    end: int,
    beam: int = 4,
    length_penalty: float = 1.0,
    max_length: int = 100,
) -> list[list[Hypothesis]]:
    r"""The best sequences of each sentence, as far as a beam finds them.

    At every step the `beam` best unfinished sequences of a sentence go on. Finished ones are ranked
    by their score, $\log P(y) / ((5 + |y|) / 6)^\alpha$, $|y|$ with the end. The search is over
    when no unfinished sequence can become better than the `beam` finished ones, whatever follows,
    or at `max_length`: what is unfinished there is cut, and stands behind all that is complete. A
    beam that holds all sequences of a length makes the search exhaustive; it may be larger than
    the vocabulary. With a beam of 1 it is greedy.

    Args:
        steps: of `count` sentences, `beam` rows for each, all at their beginning.
        count: number of sentences.
        begin, end: symbols.
        beam: width.
        length_penalty: $\alpha$, 0 for none. Higher ones prefer longer sequences.
        max_length: symbols of a sequence at most, its end not counted.

    Returns:
        For each sentence `beam` hypotheses at most, the best first.
    """
    if beam < 1 or max_length < 1 or length_penalty < 0:
        raise ValueError(
            "`beam` and `max_length` must be at least 1, `length_penalty` at least 0. "
            f"Received: {beam}, {max_length}, {length_penalty}"
        )
    searches = [_Search(beam) for _ in range(count)]
    first = np.arange(count)[:, None] * beam  # of each sentence's rows
    totals = np.full((count, beam), -np.inf)
    totals[:, 0] = 0.0
    written = np.zeros((count, beam, 0), np.int64)
    cut = totals, written
    parents, ids = np.arange(count * beam), np.full(count * beam, begin)
    # As many may end as go on; a greedy search takes the best symbol, an end or not.
    width = 2 * beam if beam > 1 else 1
    longest = penalty(max_length + 1, length_penalty)
    for length in range(1, max_length + 2):
        values, symbols = steps.step(parents, ids)
        if length > max_length and beam > 1:  # no room for other symbols, which would crowd it out
            values = np.where(symbols == end, values, -np.inf)
        values, symbols, origins = _best(totals, values, symbols, width)
        _collect(searches, written, values, symbols, origins, end, length, length_penalty)
        values = np.where(symbols == end, -np.inf, values)
        kept = np.argsort(-values, axis=1, kind="stable")[:, :beam]
        totals, chosen, origins = (
            _filled(np.take_along_axis(part, kept, axis=1), beam, fill)
            for part, fill in ((values, -np.inf), (symbols, end), (origins, 0))
        )
        if length > max_length:
            break
        before = np.take_along_axis(written, origins[:, :, None], axis=1)
        written = np.concatenate([before, chosen[:, :, None]], axis=2)
        best_possible = totals.max(axis=1) / longest
        if all(s.is_done(best) for s, best in zip(searches, best_possible, strict=True)):
            return [search.found for search in searches]
        if length == max_length:
            cut = totals, written
        parents, ids = (first + origins).reshape(-1), chosen.reshape(-1)
    _cut(searches, *cut, length_penalty)
    return [search.found for search in searches]


def _best(
    totals: np.ndarray, values: np.ndarray, symbols: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best continuations of each sentence: their totals, symbols, and from which hypothesis."""
    count, beam = totals.shape
    choices = values.shape[1]
    values = (totals[:, :, None] + values.reshape(count, beam, choices)).reshape(count, -1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :width]
    symbols = np.take_along_axis(symbols.reshape(count, -1), order, axis=1)
    return np.take_along_axis(values, order, axis=1), symbols, order // choices


def _collect(
    searches: list[_Search],
    written: np.ndarray,
    values: np.ndarray,
    symbols: np.ndarray,
    origins: np.ndarray,
    end: int,
    length: int,
    length_penalty: float,
) -> None:
    """Take the sequences that end here."""
    divisor = penalty(length, length_penalty)
    for row, place in zip(*np.nonzero((symbols == end) & np.isfinite(values)), strict=True):
        total = float(values[row, place])
        ids = written[row, origins[row, place]].tolist()
        searches[row].add(Hypothesis(ids, total, total / divisor, complete=True))


def _cut(
    searches: list[_Search], totals: np.ndarray, written: np.ndarray, length_penalty: float
) -> None:
    """Take what has no end at the greatest length."""
    divisor = penalty(written.shape[2], length_penalty)
    for row, place in zip(*np.nonzero(np.isfinite(totals)), strict=True):
        total = float(totals[row, place])
        ids = written[row, place].tolist()
        if all(one.ids != ids for one in searches[row].found):  # its end may have come in time
            searches[row].add(Hypothesis(ids, total, total / divisor, complete=False))


def _filled(array: np.ndarray, width: int, fill: float) -> np.ndarray:
    """Wider where there were fewer continuations than hypotheses."""
    missing = width - array.shape[1]
    return np.pad(array, ((0, 0), (0, missing)), constant_values=fill) if missing > 0 else array
