"""An LSTM that writes a sequence while it looks at another one."""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_elmo.layers.attention import Attended, Attention
from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.masking import MASKED
from keras_elmo.layers.scan import scan, stacked

PADDING_ID, BEGIN_ID = 0, 1  # of symbols: never written
TINY = 1e-9  # keeps the logarithm of a probability finite


class Source(NamedTuple):
    """A batch of encoded sequences, made ready for a decoder.

    Attributes:
        memory: float `(batch, source, features)`.
        attended: their values, see [`Attention`][keras_elmo.layers.attention.Attention].
        values: float `(batch, source, units)`, the part of the memory in the attentional vector.
        barred: float `(batch or 1, symbols)`, 0, or `MASKED` for what cannot be written.
        copied: float `(batch, source, symbols)`, 1 at the symbol that copying a step writes; None
            without copying.
    """

    memory: Any
    attended: Attended
    values: Any
    barred: Any
    copied: Any


@keras.saving.register_keras_serializable("keras_elmo")
class AttentionDecoder(ConfiguredLayer):
    r"""LSTM decoder with attention and input feeding (Luong et al. 2015, §3.3), and copying.

    $$ h_t, c_t = \mathrm{LSTM}([E y_{t-1}; a_{t-1}], h_{t-1}, c_{t-1}) \qquad
       \alpha_t = \mathrm{attention}(h_t, m) $$
    $$ k_t = \sum_s \alpha_{ts} m_s \qquad a_t = \tanh(W [k_t; h_t]) \qquad
       P_v = \mathrm{softmax}(V a_t + b) $$

    With `copy` a step of the source can be written instead, whether or not its symbol is in the
    vocabulary (pointer-generator, See et al. 2017, equations 8 and 9):

    $$ g_t = \sigma(u^\top [k_t; h_t; E y_{t-1}] + b_g) \qquad
       P(w) = g_t P_v(w) + (1 - g_t) \sum_{s: x_s = w} \alpha_{ts} $$

    The state begins as $\tanh$ of a projection of the memory's mean. Everything that does not
    depend on the step before is computed outside the loop: the input part of the gates, $W_m m_s$,
    and, of given symbols, the softmax of all steps. All is float32.

    Symbols are numbered 0 (padding) and 1 (begin), which are never written, then the vocabulary.
    With `copy`, `vocabulary_size + s` is what stands at step s of the source.

    Args:
        vocabulary_size: number of symbols with padding and begin.
        units: size of the LSTM and of the attentional vector.
        embedding_dim: size of a symbol's vector $E y$.
        unknown_id: the symbol whose vector stands for what is copied from outside the vocabulary.
        attention: `"luong"` or `"bahdanau"`, see
            [`Attention`][keras_elmo.layers.attention.Attention].
        copy: whether steps of the source can be written.
        dropout: share dropped of $E y_{t-1}$ and, before the softmax, of $a_t$.
        scheduled_sampling: share of the given symbols that are replaced in training by what
            the decoder would write itself (Bengio et al. 2015). It rises from 0 in a straight line.
        sampling_steps: training steps until it is reached.

    Call arguments:
        memory: float `(batch, source, features)`.
        ids: int `(batch, time)`, the symbols before each one to be written: begin first.
        source_ids: with `copy`, int `(batch, source)`: the symbol of each step, or
            `vocabulary_size` + the first step where it stands.
        mask: bool `(batch, source)`, True at real steps, padding on the right.

    Returns:
        Log-probabilities, float32 `(batch, time, vocabulary_size)`, with `copy` `(batch, time,
        vocabulary_size + source)`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        units: int,
        *,
        embedding_dim: int = 128,
        unknown_id: int = 3,
        attention: str = "luong",
        copy: bool = False,
        dropout: float = 0.0,
        scheduled_sampling: float = 0.0,
        sampling_steps: int = 10_000,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        if not 0.0 <= scheduled_sampling <= 1.0 or sampling_steps < 1:
            raise ValueError(
                "`scheduled_sampling` must be a share from 0 to 1, `sampling_steps` at least 1. "
                f"Received: {scheduled_sampling}, {sampling_steps}"
            )
        # === Layers ===
        self.attention_layer = Attention(units, attention, dtype="float32", name="attention")
        self.dropout_layer = keras.layers.Dropout(dropout, dtype="float32")
        self.seed = keras.random.SeedGenerator()
        # XLA differentiates no loop of TensorFlow's whose steps it does not know beforehand.
        self.supports_jit = keras.config.backend() != "tensorflow"

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.embedding_dim = embedding_dim
        self.unknown_id = unknown_id
        self.attention = attention
        self.copy = copy
        self.dropout = dropout
        self.scheduled_sampling = scheduled_sampling
        self.sampling_steps = sampling_steps

    def build(self, memory_shape, ids_shape=None, source_ids_shape=None):
        features, units, size = memory_shape[-1], self.units, self.embedding_dim
        self.attention_layer.build(memory_shape)

        def forget_one(shape, dtype=None):
            return ops.repeat(ops.convert_to_tensor([0.0, 1.0, 0.0, 0.0], dtype), units)

        def weight(name: str, shape: tuple, initializer: Any = "glorot_uniform"):
            return self.add_weight(shape=shape, initializer=initializer, name=name, autocast=False)

        self.embeddings = weight("embeddings", (self.vocabulary_size, size), "uniform")
        self.start_kernel = weight("start_kernel", (features, 2 * units))
        self.start_bias = weight("start_bias", (2 * units,), "zeros")
        self.kernel = weight("kernel", (size, 4 * units))
        self.recurrent_kernel = weight("recurrent_kernel", (2 * units, 4 * units))
        self.bias = weight("bias", (4 * units,), forget_one)
        self.memory_kernel = weight("memory_kernel", (features, units))
        self.state_kernel = weight("state_kernel", (units, units))
        self.output_kernel = weight("output_kernel", (units, self.vocabulary_size))
        self.output_bias = weight("output_bias", (self.vocabulary_size,), "zeros")
        if self.copy:
            self.gate_kernel = weight("gate_kernel", (features + units + size, 1))
            self.gate_bias = weight("gate_bias", (1,), "zeros")
        if self.scheduled_sampling:
            self.steps_done = self.add_weight(
                initializer="zeros", trainable=False, name="steps_done", autocast=False
            )

    def call(self, memory, ids, source_ids=None, mask=None, training=None):
        source = self.read(memory, source_ids, mask)
        ids = ops.transpose(ids)  # (time, batch)
        keep = self.dropout_layer(
            ops.ones((*ops.shape(ids), self.embedding_dim)), training=training
        )
        if training and self.scheduled_sampling:
            found, before = self._sample(source, ids, keep)
        else:
            before = self._vectors(ids) * keep  # (time, batch, embedding_dim)
            x = ops.matmul(before, self.kernel) + self.bias

            def step(state, inputs):
                return self._step(state, inputs[0], source)

            _, found = scan(step, self.start(source), (x,), 3)
            found = tuple(map(stacked, found))
        a, h, weights = (ops.transpose(part, (1, 0, 2)) for part in found)
        a = self.dropout_layer(a, training=training)
        return self._log_probabilities(a, h, weights, ops.transpose(before, (1, 0, 2)), source)

    # === One step after the other ===

    def read(self, memory, source_ids=None, mask=None):
        """Compute what all steps share; see `call` for the arguments."""
        memory = ops.cast(memory, "float32")
        attended = self.attention_layer(memory, mask=mask)
        memory = memory * attended.real[:, :, None]
        values = ops.matmul(memory, self.memory_kernel)
        symbols = ops.arange(self.vocabulary_size)
        barred = ops.cast(symbols <= BEGIN_ID, "float32")[None] * MASKED
        if not self.copy:
            return Source(memory, attended, values, barred, None)
        if source_ids is None:
            raise ValueError("`copy=True` needs `source_ids`. Received: None")
        size = self.vocabulary_size + ops.shape(memory)[1]
        copied = ops.cast(source_ids[:, :, None] == ops.arange(size), "float32")
        copied = copied * attended.real[:, :, None]
        pointed = ops.max(copied, axis=1)[:, self.vocabulary_size :]  # is it a symbol's first step?
        barred = ops.broadcast_to(barred, (ops.shape(memory)[0], self.vocabulary_size))
        barred = ops.concatenate([barred, (1.0 - pointed) * MASKED], axis=-1)
        return Source(memory, attended, values, barred, copied)

    def start(self, source):
        """The state before the first step: a, h and c, float32 `(batch, units)`."""
        real = source.attended.real
        mean = ops.sum(source.memory, axis=1) / ops.maximum(ops.sum(real, axis=1), 1.0)[:, None]
        state = ops.tanh(ops.matmul(mean, self.start_kernel) + self.start_bias)
        h, c = ops.split(state, 2, axis=-1)
        return ops.zeros_like(h), h, c

    def advance(self, state, ids, source):
        """The state after one more symbol, int `(batch,)`, and log-probabilities of the next.

        These are float32 `(batch, symbols)`; `source` is from `read`, the first state from `start`.
        """
        before = self._vectors(ids)
        x = ops.matmul(before, self.kernel) + self.bias
        state, found = self._step(state, x, source)
        return state, self._next(found, before, source)

    def _step(self, state, x, source):
        a, h, c = state
        z = x + ops.matmul(ops.concatenate([a, h], axis=-1), self.recurrent_kernel)
        i, f, o, j = ops.split(z, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(j)
        h = ops.sigmoid(o) * ops.tanh(c)
        weights = self.attention_layer.weights_of(h, source.attended)
        context = ops.matmul(weights[:, None], source.values)[:, 0]  # W_m k
        a = ops.tanh(context + ops.matmul(h, self.state_kernel))
        return (a, h, c), (a, h, weights)

    def _sample(self, source, ids, keep):
        """Steps that go on from the decoder's own symbols here and there, and what they read."""
        share = self.scheduled_sampling * ops.minimum(self.steps_done / self.sampling_steps, 1.0)
        self.steps_done.assign(self.steps_done + 1.0)
        own = keras.random.uniform(ops.shape(ids), seed=self.seed) < share  # (time, batch)
        ids = ops.cast(ids, "int32")

        def step(state, inputs):
            *state, written = state
            given, chosen, kept = inputs
            before = self._vectors(ops.where(chosen, written, given)) * kept
            x = ops.matmul(before, self.kernel) + self.bias
            state, found = self._step(state, x, source)
            best = ops.argmax(self._next(found, before, source), axis=-1)
            return (*state, ops.cast(best, "int32")), (*found, before)

        # At the first step the symbol before is the begin in either case.
        state = (*self.start(source), ids[0])
        _, found = scan(step, state, (ids, own, keep), 4)
        *found, before = map(stacked, found)
        return found, before

    def _vectors(self, ids):
        known = ops.where(ids < self.vocabulary_size, ids, self.unknown_id)
        return ops.take(self.embeddings, known, axis=0)

    def _next(self, found, before, source):
        """Log-probabilities after a single step, float32 `(batch, symbols)`."""
        a, h, weights = (part[:, None] for part in found)
        return self._log_probabilities(a, h, weights, before[:, None], source)[:, 0]

    def _log_probabilities(self, a, h, weights, before, source):
        """The scores of the symbols after each step; all arrays are `(batch, time, ...)`."""
        barred = source.barred[:, None]
        logits = ops.matmul(a, self.output_kernel) + self.output_bias
        if not self.copy:
            return ops.log_softmax(logits + barred, axis=-1)
        written = ops.softmax(logits + barred[:, :, : self.vocabulary_size], axis=-1)
        context = ops.matmul(weights, source.memory)
        gate = ops.concatenate([context, h, before], axis=-1)
        gate = ops.sigmoid(ops.matmul(gate, self.gate_kernel) + self.gate_bias)
        # A source without real steps has nothing to copy.
        gate = ops.maximum(gate, 1.0 - ops.max(source.attended.real, axis=1)[:, None, None])
        beyond = ops.zeros_like(weights)  # (batch, time, source)
        written = ops.concatenate([gate * written, beyond], axis=-1)
        both = written + (1.0 - gate) * ops.matmul(weights, source.copied)
        return ops.log(both + TINY) + barred

    def compute_output_shape(self, memory_shape, ids_shape, source_ids_shape=None):
        steps = memory_shape[1]
        symbols = self.vocabulary_size
        if self.copy:
            symbols = None if steps is None else symbols + steps
        return (*ids_shape, symbols)

    def compute_mask(self, memory, ids=None, source_ids=None, previous_mask=None):
        return None
