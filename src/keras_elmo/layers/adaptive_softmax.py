"""An exact softmax over a large vocabulary that spends little on rare words."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.cross_entropy import cross_entropy, cross_entropy_in_blocks


@keras.saving.register_keras_serializable("keras_elmo")
class AdaptiveSoftmax(ConfiguredLayer):
    r"""Cross-entropy over words sorted by falling frequency (Grave et al. 2017).

    The head holds the most frequent words and an entry for each cluster of rarer ones:
    $p(w) = p_\text{head}(w)$, or $p_\text{head}(\text{cluster}) \, p(w \mid \text{cluster})$. The
    $k$-th cluster sees the hidden state projected to $1/4^k$ of its size, so that a rare word has
    few parameters. Nothing is sampled: training and evaluation have the same loss.

    Args:
        vocabulary_size: number $V$ of words.
        cutoffs: rising ids, each the first word of a cluster.

    Call arguments:
        hidden: float `(predictions, features)`.
        targets: int32 `(predictions,)`, ids from 0 to $V - 1$.
        tail_rows: for each cluster an int32 array of the predictions whose target is in it, and
            any more, at least one; `tail_place` says which count. Without both, every prediction
            runs through every cluster.
        tail_place: int32 `(predictions,)`: 0 for a word of the head, else 1 + the prediction's
            place in the concatenated `tail_rows`.

    Returns:
        float32 `(predictions,)`: minus the log-probability of each target, in nats.

    Raises:
        ValueError: cut-offs that do not rise between 1 and V - 1.
    """

    def __init__(self, vocabulary_size: int, cutoffs: Sequence[int], **kwargs):
        # Sums over many words: half precision would overflow.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.vocabulary_size = vocabulary_size
        self.cutoffs = list(cutoffs)
        borders = [0, *self.cutoffs, vocabulary_size]
        if len(borders) < 3 or any(a >= b for a, b in pairwise(borders)):
            raise ValueError(
                f"`cutoffs` must rise between 1 and the {vocabulary_size:,} words of the "
                f"vocabulary. Received: {self.cutoffs}"
            )
        self.sizes = [b - a for a, b in pairwise(borders[1:])]

    def build(self, hidden_shape):
        features = hidden_shape[-1]
        words = self.cutoffs[0] + len(self.sizes)
        self.head_kernel = self._rows("head_kernel", words, features)
        self.head_bias = self.add_weight(shape=(words,), initializer="zeros", name="head_bias")
        self.tails = []  # projection, kernel and bias of each cluster
        for k, size in enumerate(self.sizes):
            inner = max(1, features // 4 ** (k + 1))
            projection = self.add_weight(
                shape=(features, inner), initializer="glorot_uniform", name=f"tail_{k}_projection"
            )
            kernel = self._rows(f"tail_{k}_kernel", size, inner)
            bias = self.add_weight(shape=(size,), initializer="zeros", name=f"tail_{k}_bias")
            self.tails.append((projection, kernel, bias))

    def _rows(self, name, words, features):
        initializer = keras.initializers.RandomNormal(stddev=features**-0.5)
        return self.add_weight(shape=(words, features), initializer=initializer, name=name)

    def call(self, hidden, targets, tail_rows=None, tail_place=None):
        first = self.cutoffs[0]
        cluster = sum(ops.cast(targets >= cutoff, "int32") for cutoff in self.cutoffs)
        entry = ops.where(cluster == 0, targets, first - 1 + cluster)
        loss_of = cross_entropy_in_blocks if tail_place is None else cross_entropy
        losses = loss_of(hidden, self.head_kernel, self.head_bias, entry)
        if tail_place is None:
            for k in range(len(self.tails)):
                loss = self._tail_loss(k, hidden, targets, loss_of)
                losses = losses + ops.where(cluster == k + 1, loss, 0.0)
            return losses
        tail_losses: list[Any] = [ops.zeros((1,))]
        for k, rows in enumerate(tail_rows or ()):
            some, wanted = ops.take(hidden, rows, axis=0), ops.take(targets, rows)
            loss = self._tail_loss(k, some, wanted, loss_of)
            tail_losses.append(loss)
        return losses + ops.take(ops.concatenate(tail_losses), tail_place)

    def _tail_loss(self, k, hidden, targets, loss_of):
        projection, kernel, bias = self.tails[k]
        word = ops.clip(targets - self.cutoffs[k], 0, self.sizes[k] - 1)
        return loss_of(ops.matmul(hidden, projection), kernel, bias, word)

    def output_vectors(self):
        """The vector of each word, float32 `(V, features)`: its logit is the product with it."""
        head = self.head_kernel[: self.cutoffs[0]]
        tails = [ops.matmul(kernel, ops.transpose(proj)) for proj, kernel, _ in self.tails]
        return ops.convert_to_numpy(ops.concatenate([head, *tails]))

    def compute_output_shape(self, hidden_shape, *_):
        return hidden_shape[:1]
