"""A linear-chain conditional random field over the tags of a sentence."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.crf_loss import (
    Chain,
    CRFAccuracy,
    CRFLoss,
    no_chain,
    refuse_other_losses,
    unpacked,
)
from keras_elmo.layers.custom_gradient import custom_gradient
from keras_elmo.layers.scan import scan, stacked
from keras_elmo.layers.torch_state import as_torch_module
from keras_elmo.text.chain import FORBIDDEN, viterbi


@keras.saving.register_keras_serializable("keras_elmo")
class CRF(ConfiguredLayer):
    r"""Scores whole sequences of tags (Lafferty et al. 2001, Lample et al. 2016).

    $$ p(y \mid x) = \frac{1}{Z(x)} \exp\Big( s_{y_1} + \sum_t x_t[y_t]
       + \sum_t A_{y_{t-1} y_t} + f_{y_n} \Big) $$

    It stands behind a `Dense` layer in a model of one's own, and has what such a model needs:

    ```python
    crf = keras_elmo.CRF()
    model = keras.Model(inputs, crf(keras.layers.Dense(num_tags)(x)))
    model.compile("adam", crf.loss, metrics=[crf.accuracy])
    model.fit(x, y)  # y: int (sentences, time), a tag's number at each token
    tags = crf.decode(model.predict(x))
    ```

    The potentials that it returns hold everything but the transitions $A$: the scores $s$ and $f$
    of beginning and ending with a tag are in those of the first and the last token, and $-\log Z$
    is in those of the first. The score of a sequence is then its log-probability.

    Both sums over all sequences, forwards and backwards, run in one loop in the log domain. The
    gradient of $\log Z$ needs no other, because it is the marginal probabilities.

    Args:
        allowed_start, allowed_end: bool `(tags,)`: with which tags a sentence may begin and end.
        allowed_transitions: bool `(tags, tags)`: row before column. None allows everything. What is
            forbidden has a score of -10,000 more, which training cannot change.

    Call arguments:
        inputs: float `(batch, time, tags)`, a score of each tag at each token.
        mask: bool `(batch, time)`, True at real tokens, padding on the right.

    Returns:
        One float32 tensor `(batch, time + tags, 2 * tags + 1)` that holds all of a
        [`Chain`][keras_elmo.layers.crf_loss.Chain]: `loss`, `accuracy`, `decode` and
        `probabilities` read it, wherever it goes.
    """

    def __init__(
        self,
        *,
        allowed_start: Sequence[bool] | np.ndarray | None = None,
        allowed_transitions: Sequence[Sequence[bool]] | np.ndarray | None = None,
        allowed_end: Sequence[bool] | np.ndarray | None = None,
        **kwargs,
    ):
        # Sums over many sequences: half precision would overflow.
        super().__init__(**{"dtype": "float32", **kwargs})
        self.allowed_start = _as_list(allowed_start)
        self.allowed_transitions = _as_list(allowed_transitions)
        self.allowed_end = _as_list(allowed_end)
        as_torch_module(self)

    def build(self, input_shape):
        tags = input_shape[-1]
        self.start = self._scores("start", (tags,), self.allowed_start)
        self.transitions = self._scores("transitions", (tags, tags), self.allowed_transitions)
        self.end = self._scores("end", (tags,), self.allowed_end)

    def _scores(self, name, shape, allowed):
        if allowed is not None and np.shape(allowed) != shape:
            raise ValueError(
                f"`allowed_{name}` must have the shape {shape}, a value for each tag of the input. "
                f"Received: {np.shape(allowed)}"
            )
        return self.add_weight(shape=shape, initializer="zeros", name=name)

    def call(self, inputs, mask=None, training=None):
        refuse_other_losses(self, self._get_call_context().entry_layer, training)
        # Changes no probability, and keeps the sums over long sentences small and so exact.
        x = ops.log_softmax(ops.cast(inputs, "float32"))
        tags = x.shape[2]
        real = ops.ones(ops.shape(x)[:2], "bool") if mask is None else ops.cast(mask, "bool")
        edge = ops.zeros_like(real[:, :1])
        first = (real & ~ops.concatenate([edge, real[:, :-1]], axis=1))[:, :, None]
        last = (real & ~ops.concatenate([real[:, 1:], edge], axis=1))[:, :, None]
        x = x + ops.where(first, _constrained(self.start, self.allowed_start), 0.0)
        x = x + ops.where(last, _constrained(self.end, self.allowed_end), 0.0)
        x = ops.where(real[:, :, None], x, 0.0)
        found: Any = _sum_over_sequences(x, self.transition_scores(), real)
        log_z, marginals = found[:, :1, tags:], ops.stop_gradient(found[:, :, :tags])
        transitions = ops.broadcast_to(self.transition_scores(), (ops.shape(x)[0], tags, tags))
        potentials = ops.where(first, x - log_z, x)
        return Chain(potentials, marginals, ops.cast(real, "float32"), transitions).packed()

    def transition_scores(self):
        """The transitions with what is forbidden, float32 `(tags, tags)`: row before column."""
        return _constrained(self.transitions, self.allowed_transitions)

    @property
    def loss(self) -> CRFLoss:
        """For `compile`: see [`CRFLoss`][keras_elmo.layers.crf_loss.CRFLoss]."""
        return CRFLoss()

    @property
    def accuracy(self) -> CRFAccuracy:
        """For `compile`: see [`CRFAccuracy`][keras_elmo.layers.crf_loss.CRFAccuracy]."""
        return CRFAccuracy()

    @staticmethod
    def decode(chain: Any) -> list[np.ndarray]:
        """The most probable tags of each sentence, int `(n,)` for its `n` real tokens.

        Args:
            chain: what the layer, or a model that ends with it, returned; of `predict`, too, which
                joins batches of different lengths.

        Raises:
            ValueError: another array.
        """
        chain = np.asarray(ops.convert_to_numpy(chain))
        potentials, _, mask, _ = unpacked(chain)
        tags = potentials.shape[2]
        rows_of_transitions = chain[:, :, -1] < 0
        if (rows_of_transitions.sum(axis=1) != tags).any():
            raise no_chain(chain.shape)
        lengths = (mask > 0).sum(axis=1)
        rows = [row[:n] for row, n in zip(potentials, lengths, strict=True)]
        return viterbi(rows, chain[0, rows_of_transitions[0], :tags]) if rows else []

    @staticmethod
    def probabilities(chain: Any) -> Any:
        """The marginal probability of each tag at each token, float32 `(batch, time, tags)`.

        Args:
            chain: what the layer returned, in a model too. No gradient goes through it.
        """
        return unpacked(chain).probabilities

    @staticmethod
    def log_likelihood_of_known(chain: Any, tags: Any, known: Any) -> Any:
        """The log-probability of the known tags, float32 `(batch,)`: any others may stand between.

        It is the logarithm of the sum over all sequences that agree with them.

        Args:
            chain: what the layer returned.
            tags: int `(batch, time)`, any tag where it is not known.
            known: bool `(batch, time)`, where it is; padding counts as unknown.
        """
        potentials, _, mask, transitions = unpacked(chain)
        known, tags = ops.cast(known, "bool"), ops.cast(tags, "int32")
        wrong = ops.logical_not(ops.one_hot(tags, potentials.shape[2], dtype="bool"))
        x = ops.where(known[:, :, None] & wrong, potentials + FORBIDDEN, potentials)
        # Those of each sentence are the same.
        found: Any = _sum_over_sequences(x, transitions[0], mask > 0.0)
        return found[:, 0, -1]

    def compute_output_shape(self, input_shape):
        batch, time, tags = input_shape
        return batch, None if time is None else time + tags, 2 * tags + 1

    def compute_mask(self, inputs, previous_mask=None):
        return None  # it is in the output


def _sum_over_sequences(potentials, transitions, mask):
    r"""Marginals and $\log Z$ side by side, float32 `(batch, time, tags + 1)`.

    A gradient goes through $\log Z$ alone, and through its value at the first token alone. Of an
    empty sentence it is 0.
    """

    @custom_gradient
    def sums(potentials, transitions):
        forward, backward, x = _messages(potentials, transitions, mask)
        log_z = _log_sum(backward[0])[:, None]  # (batch, 1)
        marginals = ops.softmax(forward + backward - x)  # (time, batch, tags)
        marginals = ops.where(mask[:, :, None], ops.transpose(marginals, (1, 0, 2)), 0.0)
        real = ops.any(mask, axis=1, keepdims=True)
        shown = ops.where(mask | ~real, ops.where(real, log_z, 0.0), 0.0)[:, :, None]

        def gradient(upstream):
            weight = upstream[:, 0, -1:]  # (batch, 1)
            # At padding these are no probabilities, and their exponentials may be infinite.
            goes_on = ops.transpose(mask[:, 1:])[:, :, None]
            ahead = ops.where(goes_on, forward[:-1] - log_z, FORBIDDEN)
            weights = weight * ops.cast(mask[:, 1:], weight.dtype)
            pairs = _expected_pairs(ahead, transitions, backward[1:], weights)
            return marginals * weight[:, :, None], pairs

        return ops.concatenate([marginals, shown], axis=2), gradient

    return sums(potentials, transitions)


def _messages(potentials, transitions, mask):
    r"""Both recursions in one loop, each with the potential of its own token.

    $\alpha_t(j) = x_t[j] + \log \sum_i e^{\alpha_{t-1}(i) + A_{ij}}$ and
    $\beta_t(i) = x_t[i] + \log \sum_j e^{A_{ij} + \beta_{t+1}(j)}$, without the sum where there is
    no token before or behind.

    Returns:
        $\alpha$, $\beta$ and the potentials, each float32 `(time, batch, tags)`.
    """
    x = ops.transpose(potentials, (1, 0, 2))
    real = ops.transpose(mask)[:, :, None]  # (time, batch, 1)
    edge = ops.zeros_like(real[:1])
    before = ops.concatenate([edge, real[:-1]])
    behind = ops.flip(ops.concatenate([real[1:], edge]), axis=0)
    both = ops.stack([ops.transpose(transitions), transitions])[:, None]  # (2, 1, to, from)

    def step(state, inputs):
        (message,), (x, goes_on) = state, inputs
        found = x + ops.where(goes_on, _log_sum(message[:, :, None] + both), 0.0)
        return (found,), (found,)

    inputs = ops.stack([x, ops.flip(x, axis=0)], axis=1), ops.stack([before, behind], axis=1)
    start = (ops.zeros_like(inputs[0][0]),)  # (2, batch, tags)
    _, (found,) = scan(step, start, inputs, 1, differentiable=False)
    found = stacked(found)
    return found[:, 0], ops.flip(found[:, 1], axis=0), x


def _expected_pairs(ahead, transitions, backward, weight):
    """How often each transition is expected, times a weight `(batch, time - 1)`."""
    tags = transitions.shape[0]
    pairs = ops.exp(ahead[..., None] + transitions + backward[:, :, None])
    rows = ops.reshape(pairs, (-1, tags * tags))  # (tokens, tags × tags)
    summed = ops.matmul(ops.reshape(ops.transpose(weight), (1, -1)), rows)
    return ops.reshape(summed, (tags, tags))


def _log_sum(x):
    """`logsumexp` over the last axis of finite numbers, in few operations."""
    highest = ops.max(x, axis=-1, keepdims=True)
    return ops.log(ops.sum(ops.exp(x - highest), axis=-1)) + highest[..., 0]


def _constrained(scores, allowed):
    penalty = 0.0 if allowed is None else np.where(allowed, 0.0, FORBIDDEN).astype("float32")
    return ops.add(scores, penalty)


def _as_list(allowed):
    return None if allowed is None else np.asarray(allowed, bool).tolist()
