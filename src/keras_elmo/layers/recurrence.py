"""The time loop of the projection LSTM and its gradient, written out."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from keras_elmo.layers.custom_gradient import custom_gradient
from keras_elmo.layers.scan import scan, stacked


@dataclass(frozen=True)
class Recurrence:
    r"""The part of an LSTM that remains once the inputs of all steps are multiplied.

    Only the products with $U$ and $P$ stay in the loop. In its gradient only
    $\partial z_t = \partial L / \partial (x_t W + h_{t-1} U + b)$ must be found step by step; then
    $\partial U = \sum_t h_{t-1}^\top \partial z_t$ is one product over all steps, where automatic
    differentiation makes one product and one addition a step.

    Attributes:
        cell_clip, projection_clip, forget_bias: see `ProjectionLSTM`.
        dtype: type of the operands of products; all else is float32.
        gates: order of the gates in `x` and $U$: `"ijfo"`, or `"ifjo"` in Keras's weights.
        reverse: go from the last step to the first.
        unroll: see `scan`.
        returns_state: whether `train` returns the state after the last step.
    """

    cell_clip: float | None
    projection_clip: float | None
    forget_bias: float
    dtype: str
    gates: str = "ijfo"
    reverse: bool = False
    unroll: bool = False
    returns_state: bool = False

    def run(self, x, keep, state, recurrent, projection=None, *, read=None, begins=None, start=()):
        """The loop, to be differentiated automatically.

        Args:
            x: float32 `(time, batch, 4 units)`, the input part of the gates.
            keep: bool `(time, batch, 1)`, False where the state stays as it is; or None.
            state: h float32 `(batch, features)` and c float32 `(batch, units)`.
            recurrent: `(features, 4 units)`.
            projection: `(units, features)`, or None.
            read: float32 `(batch, features)`, what each step multiplies the h of the one before
                with, such as a mask of dropout; or None.
            begins: bool `(time, batch, 1)`, True where a step goes on from `start` and not from the
                step before it; or None. Not together with `keep`.
            start: h and c for such steps, float32 `(1, features)` and `(1, units)`.

        Returns:
            h float32 `(time, batch, features)`, and h and c after the last step.
        """

        def step(state, inputs):
            if begins is not None:
                pairs = zip(start, state, strict=True)
                state, inputs = [ops.where(inputs[1], *pair) for pair in pairs], inputs[:1]
            h, c, *_ = self._step(state, inputs, read, recurrent, projection)
            return (h, c), (h,)

        inputs = tuple(part for part in (x, keep, begins) if part is not None)
        last, (h,) = scan(step, state, inputs, 1, reverse=self.reverse, unroll=self.unroll)
        return stacked(h), last

    def train(self, x, keep, state, recurrent, projection=None, *, read=None):
        """The same as `run`, with a gradient of its own; states get none, as in truncated BPTT."""
        features = state[0].shape[-1]

        @custom_gradient
        def loop(x, *kernels):
            last, steps = self._forward(x, keep, state, read, *kernels)
            h = stacked(steps[0])

            def gradient(dy):
                if self.returns_state:
                    dy = dy[:, :, :features]
                return self._gradients(dy, keep, state, read, last, h, steps, *kernels)

            if not self.returns_state:
                return h, gradient
            c = ops.broadcast_to(last[1], (ops.shape(h)[0], *last[1].shape))
            return ops.concatenate([h, c], axis=-1), gradient

        kernels = [recurrent] if projection is None else [recurrent, projection]
        both: Any = loop(x, *kernels)  # (time, batch, features [+ units])
        if not self.returns_state:
            return both, ()
        last = ops.stop_gradient(both[0 if self.reverse else -1])
        return both[:, :, :features], (last[:, :features], last[:, features:])

    def product(self, a, b):
        """Matrix product of `(..., m)` and `(m, n)`, float32."""
        rows = ops.reshape(ops.cast(a, self.dtype), (-1, b.shape[0]))
        result = ops.cast(ops.matmul(rows, ops.cast(b, self.dtype)), "float32")
        return ops.reshape(result, (*ops.shape(a)[:-1], b.shape[1]))

    def _step(self, state, inputs, read, recurrent, projection):
        h_before, c_before = state
        z = inputs[0] + self.product(_times(h_before, read), recurrent)
        z = ops.split(z, 4, axis=-1)
        i, j, f, o = (z[self.gates.index(name)] for name in "ijfo")
        i, j, o = ops.sigmoid(i), ops.tanh(j), ops.sigmoid(o)
        f = ops.sigmoid(f + self.forget_bias if self.forget_bias else f)
        c = _clip(f * c_before + i * j, self.cell_clip)  # (batch, units)
        h = o * ops.tanh(c)
        if projection is not None:
            h = _clip(self.product(h, projection), self.projection_clip)  # (batch, features)
        if len(inputs) > 1:
            keep = inputs[1]
            h, c = ops.where(keep, h, h_before), ops.where(keep, c, c_before)
        return h, c, i, j, f, o

    def _forward(self, x, keep, state, read, recurrent, projection=None):
        def step(state, inputs):
            outputs = self._step(state, inputs, read, recurrent, projection)
            h, c, *gates = outputs
            return (h, c), (h, state[1], *gates)

        inputs = (x,) if keep is None else (x, keep)
        return self._scan(step, state, inputs, 6, reverse=self.reverse)

    def _gradients(self, dy, keep, state, read, last, h, steps, recurrent, projection=None):
        back = [ops.transpose(recurrent)]
        if projection is not None:
            back.append(ops.transpose(projection))

        def step(carried, inputs):
            return self._step_back(carried, inputs, read, *back)

        inputs = (dy, *steps, *(() if keep is None else (keep,)))
        zeros = [ops.zeros_like(part) for part in state]
        carried, outputs = [*zeros, last[1]], 1 if projection is None else 3
        _, found = self._scan(step, carried, inputs, outputs, reverse=not self.reverse)
        dz, *projected = map(stacked, found)
        # Each step found the output of the one before; slices of the first axis copy nothing.
        before, first = (h[1:], -1) if self.reverse else (h[:-1], 0)
        after = dz[:-1] if self.reverse else dz[1:]
        summed = self._summed(_times(before, read), after, recurrent)
        result = [dz, summed + self._summed(_times(state[0], read), dz[first], recurrent)]
        if projection is not None:
            dh, hidden = projected
            result.append(self._summed(hidden, dh, projection))
        return tuple(result)

    def _scan(self, step, state, inputs, num_outputs, reverse):
        return scan(
            step,
            state,
            inputs,
            num_outputs,
            differentiable=False,
            reverse=reverse,
            unroll=self.unroll,
        )

    def _step_back(self, carried, inputs, read, recurrent_t, projection_t=None):
        # The cell after a step is what the step behind it found: carried, not read again.
        (dh, dc, c), (dy, h, c_before, i, j, f, o, *keep) = carried, inputs
        dh = dh + dy
        held = None
        if keep:
            held = [ops.where(keep[0], 0.0, dh), ops.where(keep[0], 0.0, dc)]
            dh, dc = ops.where(keep[0], dh, 0.0), ops.where(keep[0], dc, 0.0)
        tanh_c = ops.tanh(c)
        do = dh  # (batch, units), of o · tanh c
        if projection_t is not None:
            dh = _unclip(dh, h, self.projection_clip)
            do = self.product(dh, projection_t)
        dc = _unclip(dc + _tanh_gradient(tanh_c, do * o), c, self.cell_clip)
        gates = {
            "i": _sigmoid_gradient(i, dc * j),
            "j": _tanh_gradient(j, dc * i),
            "f": _sigmoid_gradient(f, dc * c_before),
            "o": _sigmoid_gradient(o, do * tanh_c),
        }
        dz = _side_by_side([gates[name] for name in self.gates])  # (batch, 4 units)
        state = _times(self.product(dz, recurrent_t), read), dc * f
        if held:
            state = tuple(part + other for part, other in zip(state, held, strict=True))
        outputs = (dz,) if projection_t is None else (dz, dh, o * tanh_c)
        return (*state, c_before), outputs

    def _summed(self, left, right, kernel):
        """The gradient of `kernel`, the sum over steps and rows of `left`ᵀ `right`."""
        columns, rows = kernel.shape
        left = ops.reshape(ops.cast(left, self.dtype), (-1, columns))
        right = ops.reshape(ops.cast(right, self.dtype), (-1, rows))
        return ops.cast(ops.matmul(ops.transpose(left), right), kernel.dtype)


def _times(h, read):
    return h if read is None else h * read


def _clip(x, bound):
    return ops.clip(x, -bound, bound) if bound else x


def _unclip(gradient, clipped, bound):
    return gradient * ops.cast(ops.abs(clipped) < bound, gradient.dtype) if bound else gradient


# As one operation where the backend has one.


def _sigmoid_gradient(y, upstream):
    """`upstream · y (1 − y)`, the gradient where y = σ(x)."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.raw_ops.SigmoidGrad(y=y, dy=upstream)
    return upstream * y * (1.0 - y)


def _tanh_gradient(y, upstream):
    """`upstream · (1 − y²)`, the gradient where y = tanh(x)."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.raw_ops.TanhGrad(y=y, dy=upstream)
    return upstream * (1.0 - ops.square(y))


def _side_by_side(parts):
    """Matrices `(rows, n)` of one shape as one, `(rows, n · len(parts))`."""
    if keras.config.backend() != "tensorflow":
        return ops.concatenate(parts, axis=-1)
    import tensorflow as tf

    # TensorFlow shares a concatenation among threads, which may be busy with the other direction.
    rows = tf.range(tf.shape(parts[0])[0]) * len(parts)
    stitched = tf.dynamic_stitch([rows + i for i in range(len(parts))], parts)
    return tf.reshape(stitched, (-1, len(parts) * parts[0].shape[-1]))
