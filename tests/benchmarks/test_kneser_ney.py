"""The n-gram model against a plain one with dictionaries, against NLTK, and against the axioms."""

import json
import sys
from collections import Counter, defaultdict
from itertools import chain, product

import numpy as np
import pytest
from nltk.lm import KneserNeyInterpolated
from nltk.util import everygrams

from benchmarks import kneser_ney
from benchmarks.kneser_ney import KneserNey, add_marks, discounts, from_right
from keras_elmo.pretraining.batches import TypeCharacters, full_softmax_batches
from keras_elmo.pretraining.corpus import MARKS, encode_sentences

BOS, EOS, UNK = MARKS
WORDS = [*MARKS, *"abcdefghijkl"]
KNOWN = 13  # k and l are <UNK>


def sentences(seed, number):
    """Zipfian chains: each word depends on the one before, so that higher orders have a say."""
    random, result = np.random.default_rng(seed), []
    for length in random.geometric(0.15, size=number):
        words = [int(random.integers(12))]
        for step in random.zipf(1.6, size=length - 1):
            words.append((3 * words[-1] + int(step)) % 12)
        result.append([WORDS[3 + word] for word in words])
    return result


TRAIN, TEST = sentences(0, 400), sentences(1, 30)


def marked(texts, known=WORDS[:KNOWN]):
    return [[BOS, *(w if w in known else UNK for w in words), EOS] for words in texts]


def model_of(texts, order):
    return KneserNey(add_marks(encode_sentences(texts, WORDS), KNOWN), KNOWN, order)


class Plain:
    """The same by definition: one dictionary a length, one recursion."""

    def __init__(self, texts, order):
        self.counts = []
        for n in range(1, order + 1):
            grams = Counter(
                tuple(words[i : i + n]) for words in texts for i in range(len(words) - n + 1)
            )
            before = defaultdict(set)
            for words in texts:
                for i in range(1, len(words) - n + 1):
                    before[tuple(words[i : i + n])].add(words[i - 1])
            if n < order:
                grams = {g: c if g[0] == BOS else len(before[g]) for g, c in grams.items()}
            if n == 1:
                del grams[BOS,]
            self.counts.append(grams)
        self.discounts = [self.discounts_of(grams) for grams in self.counts]

    @staticmethod
    def discounts_of(grams):
        n1, n2, n3, n4 = (sum(c == k for c in grams.values()) for k in (1, 2, 3, 4))
        y = n1 / (n1 + 2 * n2) if n1 else 0
        if not n1 * n2 * n3 * n4:
            return 0.5, 1.0, 1.5
        found = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
        return found if all(0 < d <= k for k, d in enumerate(found, 1)) else (0.5, 1.0, 1.5)

    def probability(self, word, context):
        grams, d = self.counts[len(context)], self.discounts[len(context)]
        lower = self.probability(word, context[1:]) if context else 1 / (KNOWN - 1)
        after = {g[-1]: c for g, c in grams.items() if g[:-1] == context}
        if not after:
            return lower
        total = sum(after.values())
        free = sum(d[min(c, 3) - 1] for c in after.values())
        count = after.get(word, 0)
        kept = count - d[min(count, 3) - 1] if count else 0
        return (kept + free * lower) / total

    def sentence(self, words, order):
        return [
            self.probability(words[i], tuple(words[max(0, i - order + 1) : i]))
            for i in range(1, len(words))
        ]


@pytest.mark.parametrize("order", [2, 3, 5])
@pytest.mark.parametrize("texts", [TRAIN, TRAIN[:12]], ids=["formulas", "fallback"])
def test_probabilities_are_those_of_the_definition(texts, order):
    plain = Plain(marked(texts), order)
    fixed = [d == (0.5, 1.0, 1.5) for d in plain.discounts]
    assert any(fixed) if len(texts) < 20 else not any(fixed[1:])
    expected = [p for words in marked(TEST) for p in plain.sentence(words, order)]
    found = model_of(texts, order).probabilities(add_marks(encode_sentences(TEST, WORDS), KNOWN))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_every_distribution_sums_to_one():
    """Behind every pair of words, seen or not, and behind longer contexts from a held-out text."""
    contexts = [[], *map(list, product(WORDS[2:KNOWN], repeat=2)), *(words[:7] for words in TEST)]
    model = model_of(TRAIN[:100], 5)
    for context in contexts:
        ids = [0, *map(WORDS.index, context)]
        each = np.array([[*ids, word] for word in range(1, KNOWN)])  # <S> is never predicted
        ids = np.where(each < KNOWN, each, 2).astype(np.int32)
        p = model.probabilities(ids.ravel()).reshape(len(each), -1)[:, -1]
        assert p.min() > 0
        assert p.sum() == pytest.approx(1, abs=1e-12)


def test_agrees_with_nltk(monkeypatch):
    """NLTK has one discount for all counts and lengths, and none for unigrams."""
    given = iter([np.zeros(4), *[np.array([0, 0.4, 0.4, 0.4])] * 2])
    monkeypatch.setattr(kneser_ney, "discounts", lambda counts: next(given))
    model, texts = model_of(TRAIN, 3), marked(TRAIN)
    other = KneserNeyInterpolated(3, discount=0.4)
    other.fit([everygrams(words, max_len=3) for words in texts], chain.from_iterable(texts))
    for words in TRAIN[:20]:
        tokens = add_marks(encode_sentences([words], WORDS), KNOWN)
        [text] = marked([words])
        expected = [other.score(text[i], text[i - 2 : i]) for i in range(2, len(text))]
        # The word behind <S> differs: NLTK's counts of what stands before <S> are all 0.
        np.testing.assert_allclose(model.probabilities(tokens)[1:], expected, rtol=1e-10)


def test_predictions_are_those_of_the_bilm():
    text = encode_sentences([*TEST, ["new"]], WORDS)
    targets = [
        batch["targets"] for batch in full_softmax_batches(text, TypeCharacters(text.types), KNOWN)
    ]
    tokens = add_marks(text, KNOWN)
    forwards = np.concatenate([forward.ravel() for forward, _ in targets])
    np.testing.assert_array_equal(np.sort(forwards), np.sort(tokens[tokens != 0]))


def test_discounts_by_hand():
    counts = np.repeat([0, 1, 2, 3, 4, 9], [5, 40, 10, 6, 3, 2])  # Y = 40 / 60
    np.testing.assert_allclose(discounts(counts), [0, 2 / 3, 2 - 1.2, 3 - 4 / 3])
    np.testing.assert_array_equal(discounts(np.array([1, 1, 2, 3])), [0, 0.5, 1, 1.5])


def test_from_right_every_sentence_is_reversed():
    turned = from_right(encode_sentences([["a", "b", "c"], ["d"], ["e", "f"]], WORDS))
    expected = encode_sentences([["f", "e"], ["d"], ["c", "b", "a"]], WORDS)
    np.testing.assert_array_equal(add_marks(turned, KNOWN), add_marks(expected, KNOWN))


def test_program(tmp_path, monkeypatch, capsys):
    """Perplexities of a long sentence, cut, with words nobody knows; both directions, all texts."""
    long = [word for words in TEST for word in words][:70]
    held_out = {"a": [long, ["new", "words", "a"]], "b": TEST}
    for name, texts in {"train": TRAIN, **held_out}.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(map(" ".join, texts)))
    paths = [tmp_path / f"{name}.txt" for name in held_out]
    arguments = ["--train", tmp_path / "train.txt", "--corpus", tmp_path / "c", "--order", 3]
    arguments += ["--held-out", *paths, "--vocabulary-size", KNOWN, "--backward"]
    arguments += ["-o", tmp_path / "out.json"]
    monkeypatch.setattr(sys, "argv", ["kneser_ney", *map(str, arguments)])
    kneser_ney.main()
    rows = json.loads((tmp_path / "out.json").read_text())["texts"]
    counts = Counter(chain.from_iterable(TRAIN))
    known = {UNK, *sorted(counts, key=lambda word: (-counts[word], word))[: KNOWN - len(MARKS)]}
    pieces = [long[:60], long[60:], ["new", "words", "a"]]
    losses = []
    for turn in (1, -1):
        plain = Plain(marked([words[::turn] for words in TRAIN], known), 3)
        text = marked([words[::turn] for words in pieces], known)
        losses.append(-np.log([p for words in text for p in plain.sentence(words, 3)]))
    row = rows[str(paths[0])]
    assert row["forward"] == pytest.approx(np.exp(losses[0].mean()))
    assert row["backward"] == pytest.approx(np.exp(losses[1].mean()))
    assert row["perplexity"] == pytest.approx(np.exp(np.mean(losses)))
    characters = 70 * 2 + len("new words a ")
    assert row["per_character"] == pytest.approx(np.exp(np.mean(losses) * 76 / characters))
    unknown = sum(word not in known for words in pieces for word in words)
    assert row["unknown"] == pytest.approx(unknown / 73)
    assert rows["all"]["tokens"] == 73 + sum(map(len, TEST))
    assert "| all |" in capsys.readouterr().out
