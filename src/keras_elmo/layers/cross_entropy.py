"""Cross-entropy over all of many words."""

from keras import ops

_MAX_LOGITS = 2**22  # that exist at once in blocks: 16 MiB
_MAX_ROWS = 1024


def cross_entropy(hidden, kernel, bias, targets):
    """Minus the log-probability of each target, in nats.

    Args:
        hidden: float `(predictions, features)`.
        kernel: float `(words, features)`.
        bias: float `(words,)`.
        targets: int `(predictions,)`, rows of `kernel`.

    Returns:
        float `(predictions,)`.
    """
    logits = ops.matmul(hidden, ops.transpose(kernel)) + bias
    target = ops.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
    return ops.logsumexp(logits, axis=1) - target


def cross_entropy_in_blocks(hidden, kernel, bias, targets):
    """`cross_entropy` with the logits of a few predictions at a time, for evaluation.

    TensorFlow keeps the most memory that its tensors ever took (oneDNN's allocator gives nothing
    back), so one evaluation with all logits at once would make a run bigger for hours.
    """
    number, features = ops.shape(hidden)
    rows = min(_MAX_ROWS, max(1, _MAX_LOGITS // kernel.shape[0]))
    blocks = -(-number // rows)
    filled = ops.pad(hidden, [(0, blocks * rows - number), (0, 0)])

    def log_total(block):
        return ops.logsumexp(ops.matmul(block, ops.transpose(kernel)) + bias, axis=1)

    totals = ops.map(log_total, ops.reshape(filled, (blocks, rows, features)))
    target = ops.sum(hidden * ops.take(kernel, targets, axis=0), axis=1) + ops.take(bias, targets)
    return ops.reshape(totals, (-1,))[:number] - target
