r"""What counting reaches on the text of a pre-training: an n-gram model, measured as the biLM is.

    python -m benchmarks.kneser_ney --train corpus/*.txt.xz --corpus FOLDER \
        --held-out heldout/*.txt [--vocabulary-size 50000] [--order 5] [--backward] [-o kn.json]

Same sentences (cut at 60 words), same vocabulary, same predictions as in
`keras_elmo.pretraining.evaluation.perplexity`: every word and `</S>` after `<S>`; with
`--backward` every word and `<S>` from the right as well, and the mean of both. FOLDER keeps the
corpus read from the training files; that of a pre-training on the same files serves too.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_elmo.pretraining.corpus import BOS, EOS, UNK, Corpus, prepare_corpus, read_corpus


def from_right(corpus: Corpus) -> Corpus:
    """Every sentence reversed; what its marks are called makes no difference to counting."""
    tokens = np.asarray(corpus.tokens)
    return Corpus(corpus.types, tokens[::-1], len(tokens) - corpus.offsets[::-1])


def add_marks(corpus: Corpus, size: int) -> np.ndarray:
    """Sentences between `<S>` and `</S>`, ids from `size` on as `<UNK>`: int32 `(tokens,)`."""
    words = np.asarray(corpus.tokens)
    words = np.where((words > UNK) & (words < size), words, UNK).astype(np.int32)
    places = np.stack([corpus.offsets[:-1], corpus.offsets[1:]], axis=1)  # (sentences, 2)
    return np.insert(words, places.ravel(), np.tile([BOS, EOS], len(places)))


def discounts(counts: np.ndarray) -> np.ndarray:
    r"""The discounts $D_1, D_2, D_{3+}$ of n-grams of one length (Chen & Goodman 1999).

    $D_k = k - (k + 1) Y n_{k+1} / n_k$ with $Y = n_1 / (n_1 + 2 n_2)$ and $n_k$ the number of
    n-grams that are counted $k$ times.

    Args:
        counts: int `(n-grams,)`.

    Returns:
        float64 `(4,)`, by count, 0 for 0. Where a $D_k$ is not defined or not between 0 and $k$,
        as it may be where rare words are cut or text is short, KenLM's fixed choice.
    """
    n, k = np.bincount(np.minimum(counts, 5), minlength=6), np.arange(1, 4)
    if n[1:5].all():
        result = k - (k + 1) * n[1] / (n[1] + 2 * n[2]) * n[k + 1] / n[k]
        if np.all((result > 0) & (result <= k)):
            return np.append(0.0, result)
    return np.array([0.0, 0.5, 1.0, 1.5])


class Order(NamedTuple):
    r"""All n-grams of one length, and their part of the probability.

    $P_n(w | h) = (c(hw) - D(c(hw))) / c(h) + \gamma(h) P_{n-1}(w | h')$, where $h'$ is $h$ without
    its first word, $c(h) = \sum_w c(hw)$ and $\gamma(h) = \sum_w D(c(hw)) / c(h)$.

    Attributes:
        keys: int64 `(n-grams,)`, rising: place of $h$ among the n-grams one shorter × V + $w$.
        discounted: float64 `(n-grams,)`, the first summand.
        backoff: float64 `(n-grams one shorter,)`, $\gamma$ of each as context.
    """

    keys: np.ndarray
    discounted: np.ndarray
    backoff: np.ndarray

    @classmethod
    def from_counts(cls, keys: np.ndarray, counts: np.ndarray, contexts: int, size: int) -> "Order":
        taken = discounts(counts)[np.minimum(counts, 3)]
        context = keys // size
        total = np.bincount(context, counts, contexts)
        # What ends in </S> is no context: nothing follows it.
        backoff = np.bincount(context, taken, contexts) / np.maximum(total, 1)
        return cls(keys, (counts - taken) / total[context], backoff)


class KneserNey:
    r"""Interpolated Kneser-Ney smoothing with three discounts a length (Chen & Goodman 1999).

    $c$ counts the longest n-grams and those that begin with `<S>`; of all others, the different
    words before them. Unigrams are interpolated with the uniform distribution over all words but
    `<S>`, which is never predicted.

    Args:
        tokens: int32 `(tokens,)`, sentences between their marks, ids below `size`.
        size: number of words V, marks included.
        order: length of the longest n-grams, at least 2.
    """

    def __init__(self, tokens: np.ndarray, size: int, order: int = 5) -> None:
        self.size, self.orders = size, []
        places = tokens  # of the n-gram that ends at each token, among all of its length
        keys, counts, contexts = np.arange(size), np.zeros(size, dtype=np.int64), 1
        for _ in range(1, order):
            found = self._longer_keys(places, tokens)
            ends = np.flatnonzero(found >= 0)
            longer, rank, times = np.unique(found[ends], return_inverse=True, return_counts=True)
            suffix = np.empty(len(longer), dtype=np.int32)  # the place without the first word
            suffix[rank] = places[ends]
            continuation = np.bincount(suffix, minlength=len(keys))
            # Only what begins with <S> has no word before it.
            counts = np.where(continuation > 0, continuation, counts)
            self.orders.append(Order.from_counts(keys, counts, contexts, size))
            places = np.full(len(tokens), -1, dtype=np.int32)
            places[ends] = rank
            keys, counts, contexts = longer, times, len(keys)
        self.orders.append(Order.from_counts(keys, counts, contexts, size))

    def probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """The probability of every token but `<S>`: float64 `(tokens - sentences,)`."""
        unigrams = self.orders[0]
        p = unigrams.discounted[tokens] + unigrams.backoff[0] / (self.size - 1)
        places = tokens
        for order in self.orders[1:]:
            keys = self._longer_keys(places, tokens)
            places = np.minimum(np.searchsorted(order.keys, keys), len(order.keys) - 1)
            seen = order.keys[places] == keys
            discounted = np.where(seen, order.discounted[places], 0.0)
            # A context that was not seen changes nothing.
            p = np.where(keys >= 0, discounted + order.backoff[keys // self.size] * p, p)
            places = np.where(seen, places, -1)
        return p[tokens != BOS]

    def _longer_keys(self, places: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Keys of the n-grams one longer, by last token; -1 if `<S>` is too near or $h$ unseen."""
        context = np.append(-1, places[:-1])
        context[tokens == BOS] = -1
        return np.where(context >= 0, context * self.size + tokens, -1)


def measure(corpus: Corpus, texts: dict[str, Corpus], size: int, order: int, directions):
    """Train once a direction: for each text its amounts, and -log P by direction."""
    sums = {name: {} for name in texts}
    for direction in directions:
        turn = from_right if direction == "backward" else lambda text: text
        model = KneserNey(add_marks(turn(corpus), size), size, order)
        for name, text in texts.items():
            p = model.probabilities(add_marks(turn(text), size))
            ids = np.asarray(text.tokens)
            sums[name] |= {
                direction: -float(np.log(p).sum()),
                "predictions": len(p),
                "characters": int(np.array([len(word) + 1 for word in text.types])[ids].sum()),
                "unknown": int(np.sum((ids >= size) | (ids == UNK))),
                "tokens": len(ids),
            }
        del model  # two at a time would need twice the memory
    return sums


def summary(sums: dict[str, float], directions: list[str]) -> dict[str, float]:
    """Figures named and defined as by `evaluation.perplexity`, from those of `measure`."""
    loss = sum(sums[name] for name in directions) / len(directions)
    return sums | {
        "unknown": sums["unknown"] / sums["tokens"],
        **{name: np.exp(sums[name] / sums["predictions"]) for name in directions},
        "perplexity": np.exp(loss / sums["predictions"]),
        "per_character": np.exp(loss / sums["characters"]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--vocabulary-size", type=int, default=50_000)
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--backward", action="store_true")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    corpus = prepare_corpus(options.train, options.corpus)
    size = min(options.vocabulary_size, len(corpus.types))
    texts = {str(path): read_corpus(path, corpus.types) for path in options.held_out}
    directions = ["forward", "backward"] if options.backward else ["forward"]
    sums = measure(corpus, texts, size, options.order, directions)
    sums["all"] = {key: sum(row[key] for row in sums.values()) for key in next(iter(sums.values()))}
    rows = {name: summary(row, directions) for name, row in sums.items()}
    title = f"order {options.order}, {size:,} words, trained on {corpus.num_tokens:,} tokens"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # from KiB, as on Linux
    print(f"{title}: {time.process_time():.0f} s, {memory:.1f} GiB\n")
    formats = {"tokens": ",d", "unknown": ".1%"}
    formats |= dict.fromkeys([*directions, "perplexity"], ",.1f") | {"per_character": ".3f"}
    print(f"| held-out text | {' | '.join(formats)} |\n|---{'|---:' * len(formats)}|")
    for name, row in rows.items():
        print(f"| {Path(name).stem} |", *(f"{row[key]:{form}} |" for key, form in formats.items()))
    if options.output:
        options.output.write_text(json.dumps({"model": title, "texts": rows}, indent=2))


if __name__ == "__main__":
    main()
