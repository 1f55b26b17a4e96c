"""Beam search against the list of all sequences, with probabilities that depend on all before."""

from itertools import product

import numpy as np
import pytest

from keras_elmo.runtime.beam_search import Steps, beam_search, penalty

BEGIN, END, SYMBOLS, LONGEST = 0, 1, 4, 4
WRITTEN = range(1, SYMBOLS)  # the begin is never written


class Tables(Steps):
    """The distribution after each sequence is random, of the sentence and the sequence."""

    def __init__(self, count, beam, choices=None):
        self.choices = choices or SYMBOLS
        self.rows = [(row // beam, ()) for row in range(count * beam)]
        self.steps = 0

    def step(self, parents, ids):
        before = [self.rows[parent] for parent in parents]
        self.rows = [(row, (*path, i)) for (row, path), i in zip(before, ids.tolist(), strict=True)]
        self.steps += 1
        values = np.array([log_probabilities(row, path[1:]) for row, path in self.rows])
        order = np.argsort(-values, axis=1)[:, : self.choices]
        return np.take_along_axis(values, order, axis=1), order


def log_probabilities(sentence, path):
    logits = np.random.default_rng([sentence, *path, 99]).normal(scale=2.0, size=SYMBOLS)
    logits[BEGIN] = -np.inf
    logits[END] -= 4.0 * (sentence % 2)  # improbable ends must not be crowded out
    return logits - np.logaddexp.reduce(logits[1:])


def everything(sentence, strength):
    """All sequences that end within LONGEST symbols, the best first."""
    found = []
    for length in range(LONGEST + 1):
        for path in product([i for i in WRITTEN if i != END], repeat=length):
            whole = (*path, END)
            total = sum(log_probabilities(sentence, whole[:t])[i] for t, i in enumerate(whole))
            found.append((total / penalty(length + 1, strength), list(path), total))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("strength", [0.0, 0.6, 2.0])
def test_a_wide_beam_is_exhaustive(strength):
    beam = 2**LONGEST
    options = {"begin": BEGIN, "end": END, "max_length": LONGEST, "length_penalty": strength}
    found = beam_search(Tables(5, beam), 5, beam=beam, **options)
    for sentence, hypotheses in enumerate(found):
        expected = everything(sentence, strength)[:beam]
        complete = [one for one in hypotheses if one.complete]
        assert [one.ids for one in complete] == [path for _, path, _ in expected[: len(complete)]]
        assert len(complete) == beam
        for one, (score, _, total) in zip(complete, expected, strict=True):
            assert one.score == pytest.approx(score)
            assert one.log_probability == pytest.approx(total)


def test_a_beam_of_one_is_greedy():
    options = {"begin": BEGIN, "end": END, "max_length": 30}
    for sentence, [one] in enumerate(beam_search(Tables(6, 1), 6, beam=1, **options)):
        path = []
        while (best := int(log_probabilities(sentence, path).argmax())) != END and len(path) < 30:
            path.append(best)
        assert one.ids == path
        assert one.complete == (log_probabilities(sentence, path).argmax() == END)


@pytest.mark.parametrize("beam", [1, 2, 3, 5])
def test_narrow_beams_find_true_sequences_in_order(beam):
    options = {"begin": BEGIN, "end": END, "max_length": LONGEST}
    found = beam_search(Tables(4, beam, min(2 * beam, SYMBOLS)), 4, beam=beam, **options)
    for sentence, hypotheses in enumerate(found):
        known = {tuple(path): score for score, path, _ in everything(sentence, 1.0)}
        complete = [one for one in hypotheses if one.complete]
        scores = [one.score for one in complete]
        assert scores == sorted(scores, reverse=True)
        assert len({tuple(one.ids) for one in hypotheses}) == len(hypotheses) <= beam
        for one in complete:
            assert one.score == pytest.approx(known[tuple(one.ids)])


def test_sentences_do_not_depend_on_their_batch():
    options = {"begin": BEGIN, "end": END, "max_length": 6, "beam": 3}
    together = beam_search(Tables(5, 3), 5, **options)
    assert beam_search(Tables(1, 3), 1, **options)[0] == together[0]


class Endless(Steps):
    def step(self, parents, ids):
        return np.tile([0.0, -np.inf], (len(ids), 1)), np.tile([2, END], (len(ids), 1))


def test_what_never_ends_is_cut_and_marked():
    [[one]] = beam_search(Endless(), 1, begin=BEGIN, end=END, beam=3, max_length=7)
    assert one.ids == [2] * 7
    assert not one.complete


def test_the_search_ends_when_nothing_better_can_come():
    steps = Tables(1, 2)
    beam_search(steps, 1, begin=BEGIN, end=END, beam=2, max_length=500, length_penalty=0.0)
    assert steps.steps < 100


def test_errors():
    for wrong in ({"beam": 0}, {"max_length": 0}, {"length_penalty": -1.0}):
        with pytest.raises(ValueError, match="must be at least 1"):
            beam_search(Endless(), 1, begin=0, end=1, **wrong)
