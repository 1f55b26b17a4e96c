"""The output of a CRF, read again: its loss, its accuracy, and losses that do not train it."""

import warnings
from typing import Any, NamedTuple

import keras
from keras import ops


class Chain(NamedTuple):
    """The output of a [`CRF`][keras_elmo.layers.crf.CRF] for each sentence.

    All of it travels in one tensor, so that a loss, which is given nothing else, needs neither the
    layer nor its variables: it is the same in a loop of one's own and after loading.

    Attributes:
        potentials: float32 `(batch, time, tags)`, 0 where padded.
        probabilities: float32 `(batch, time, tags)`, the marginal ones, 0 where padded.
        mask: float32 `(batch, time)`, 1 at real tokens.
        transitions: float32 `(batch, tags, tags)`, of each sentence the same: row before column.
    """

    potentials: Any
    probabilities: Any
    mask: Any
    transitions: Any

    def packed(self) -> Any:
        """One tensor, float32 `(batch, time + tags, 2 * tags + 1)`: tokens, then transitions."""
        tokens = ops.concatenate(
            [self.potentials, self.probabilities, self.mask[:, :, None]], axis=2
        )
        tags = self.transitions.shape[1]
        transitions = ops.pad(self.transitions, ((0, 0), (0, 0), (0, tags)))
        # Marked, because `predict` pads what it joins, behind them.
        transitions = ops.pad(transitions, ((0, 0), (0, 0), (0, 1)), constant_values=-1.0)
        return ops.concatenate([tokens, transitions], axis=1)


def unpacked(chain: Any) -> Chain:
    """The parts of what `Chain.packed` gave, a tensor or an array.

    Raises:
        ValueError: another shape.
    """
    shape = tuple(chain.shape)
    tags = (shape[2] - 1) // 2 if len(shape) == 3 and shape[2] else 0
    short = tags and shape[1] is not None and shape[1] < tags
    if not tags or shape[2] != 2 * tags + 1 or short:
        raise no_chain(shape)
    tokens = chain[:, :-tags]
    return Chain(
        tokens[:, :, :tags],
        tokens[:, :, tags : 2 * tags],
        tokens[:, :, 2 * tags],
        chain[:, -tags:, :tags],
    )


def no_chain(shape: tuple[int | None, ...]) -> ValueError:
    """The error for an array that no CRF returned."""
    return ValueError(
        "What a `CRF` returned is float (batch, time + tags, 2 * tags + 1). "
        f"Received: another array, shape={shape}. Give it on whole, as "
        "`keras.Model(inputs, crf(scores))` returns it."
    )


def log_likelihood(chain: Any, tags: Any) -> Any:
    """The log-probability of given tags, float32 `(batch,)`; 0 for an empty sentence.

    Args:
        chain: what a `CRF` returned.
        tags: int `(batch, time)`, any number where padded. Forbidden ones get about -10,000.

    Raises:
        ValueError: tags of another shape. A number that is no tag, at a real token, is an error on
            TensorFlow where it can be one, and gives NaN elsewhere.
    """
    potentials, _, mask, transitions = unpacked(chain)
    count = transitions.shape[2]  # known in every graph, unlike the first two
    real = mask > 0.0
    tags = ops.where(real, _numbers(tags, potentials), 0)  # (batch, time)
    known = (tags >= 0) & (tags < count)
    tags = ops.where(known, _checked(tags, known, count), 0)
    at_token = ops.take_along_axis(potentials, tags[:, :, None], axis=2)[:, :, 0]  # padded: 0
    at_token = ops.where(known, at_token, float("nan"))
    flat = ops.reshape(transitions, (-1, count * count))  # (batch, tags × tags)
    between = ops.take_along_axis(flat, tags[:, :-1] * count + tags[:, 1:], axis=1)
    between = ops.where(real[:, 1:], between, 0.0)
    return ops.sum(at_token, axis=1) + ops.sum(between, axis=1)


@keras.saving.register_keras_serializable("keras_elmo")
class CRFLoss(keras.losses.Loss):
    """Minus the log-probability of the tags of a sentence, a token on average.

    A CRF knows no loss of a single token: each has an equal share of its sentence's. So a sentence
    weighs as much as the `sample_weight` of its tokens does on average, and padding nothing.

    Call arguments:
        y_true: int `(batch, time)`, the number of the tag at each token; any number where padded.
        y_pred: what a [`CRF`][keras_elmo.layers.crf.CRF] returned.
        sample_weight: float `(batch,)` or `(batch, time)`, or None.
    """

    def __init__(
        self, name: str = "crf_loss", reduction: str = "mean_with_sample_weight", **kwargs: Any
    ):
        super().__init__(name, reduction, **{"dtype": "float32", **kwargs})

    def __call__(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        return super().__call__(y_true, y_pred, _weights(y_pred, sample_weight))

    def call(self, y_true, y_pred):
        mask = unpacked(y_pred).mask
        lengths = ops.maximum(ops.sum(mask, axis=1, keepdims=True), 1.0)
        return -log_likelihood(y_pred, y_true)[:, None] / lengths * mask  # (batch, time)


@keras.saving.register_keras_serializable("keras_elmo")
class CRFAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of tokens whose most probable tag is right; padding does not count.

    A token's tag is the one of the highest marginal probability: the sequence that `CRF.decode`
    then prefers can differ a little. Arguments as of
    [`CRFLoss`][keras_elmo.layers.crf_loss.CRFLoss].
    """

    def __init__(self, name: str = "accuracy", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        probabilities = unpacked(y_pred).probabilities
        tags = _numbers(y_true, probabilities)
        return super().update_state(tags, probabilities, _weights(y_pred, sample_weight))


def refuse_other_losses(layer: keras.layers.Layer, model: Any, training: bool | None) -> None:
    """Refuse a loss or a metric of Keras's own for what a CRF returned, where it is trained.

    Their shapes fit in no cross-entropy and no accuracy, and no gradient goes through
    probabilities: the errors would not say what to write. JAX and PyTorch build what is compiled
    with a call that does not train. On JAX a layer sees no other, neither in `fit` nor in
    `evaluate`: there, probabilities get a warning.

    Args:
        layer: the CRF.
        model: the model that was called; only for a functional one is it known by output what it
            is compiled with.
        training: whether it is trained.
    """
    backend = keras.config.backend()
    if not isinstance(model, keras.Model) or not (training or backend != "tensorflow"):
        return
    metrics = getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None)
    compiled_with = (("loss", "compute_loss", model.loss), ("metrics", "compute_metrics", metrics))
    for what, method, given in compiled_with:
        if getattr(type(model), method) is not getattr(keras.Model, method):
            continue  # it knows better what belongs to which output
        for output, ones in _by_output(model, given):
            wrong = [one for one in keras.tree.flatten(ones) if _is_of_keras(one)]
            source, is_whole = _source(output)
            if not wrong or source is not layer or (what == "metrics" and not is_whole):
                continue
            message = (
                f"What the CRF {layer.name!r} returned is trained with its own loss alone, and no "
                f"gradient goes through its probabilities. Received: {what}={wrong[0]!r}. Let the "
                "model return what the layer returned, and write "
                "`model.compile(optimizer, crf.loss, metrics=[crf.accuracy])`."
            )
            if is_whole or training:
                raise ValueError(message)
            if backend == "jax":
                warnings.warn(message, stacklevel=2)


def _by_output(model: Any, given: Any) -> list[tuple[Any, Any]]:
    """The outputs of a functional model with the loss or the metrics of each."""
    outputs = getattr(model, "outputs", None) or []
    if isinstance(given, dict):
        given = [given.get(name) for name in model.output_names]
    elif len(outputs) == 1 or not isinstance(given, list | tuple):
        given = [given] * len(outputs)
    return list(zip(outputs, given, strict=False))


def _is_of_keras(loss: Any) -> bool:
    function = loss if hasattr(loss, "__name__") else type(loss)
    is_own = (function.__module__ or "").partition(".")[0] == "keras"
    return isinstance(loss, str) or (loss is not None and is_own)


def _source(tensor: Any) -> tuple[Any, bool]:
    """The layer that a symbolic tensor comes from, and whether it is its output or a part of it."""
    operation, node, _ = tensor._keras_history
    if isinstance(operation, keras.layers.Layer):
        return operation, True
    parents = operation._inbound_nodes[node].input_tensors
    return (_source(parents[0])[0] if len(parents) == 1 else None), False


def _checked(tags: Any, known: Any, count: int) -> Any:
    """The tags; on TensorFlow an error where one is none."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        message = (
            f"A CRF is trained on a tag at each real token: a number from 0 to {count - 1}. "
            "Received: another number in `y`. A token that is to be left out has no place in its "
            "sentence; where padding stands, any number will do."
        )
        right = tf.debugging.Assert(tf.reduce_all(known), [message])
        with tf.control_dependencies([right] if right is not None else []):
            return tf.identity(tags)
    return tags


def _weights(chain: Any, sample_weight: Any) -> Any:
    """The weight of each token, float `(batch, time)`, 0 where padded."""
    mask = unpacked(chain).mask
    if sample_weight is None:
        return mask
    weights = ops.convert_to_tensor(sample_weight, mask.dtype)
    return mask * (weights[:, None] if len(weights.shape) == 1 else weights)


def _numbers(tags: Any, potentials: Any) -> Any:
    """Tags as int32 `(batch, time)`, checked; in a graph of TensorFlow when it runs."""
    shape, time = tuple(tags.shape), potentials.shape[1]
    if len(shape) == 3 and shape[2] == 1:
        tags, shape = ops.squeeze(tags, axis=2), shape[:2]
    message = (
        "A CRF is trained on the number of the tag at each token: `y` is int (batch, time), padded "
        f"as its sentences are, with time={time or 'the number of tokens'} here. Received: "
        f"shape={shape}. Of one-hot tags give `y.argmax(-1)`; where `ElmoEmbedding` reads strings, "
        "its `length=` fixes the time."
    )
    if len(shape) != 2 or (None not in (shape[1], time) and shape[1] != time):
        raise ValueError(message)
    tags = ops.cast(tags, "int32")
    if None in (shape[1], time) and keras.config.backend() == "tensorflow":
        import tensorflow as tf

        same = tf.debugging.assert_equal(
            tf.shape(tags)[1], tf.shape(potentials)[1], message=message
        )
        with tf.control_dependencies([same] if same is not None else []):  # and not side by side
            tags = tf.identity(tags)
    return tags
