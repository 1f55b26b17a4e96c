"""Calibration of probabilities: how far off they are, and how to mend them."""

import numpy as np

_SMALLEST = 1e-12
_TEMPERATURES = (0.05, 20.0)  # far beyond what a trained model needs
_STEPS = 60  # of golden-section search: to 12 digits


def expected_calibration_error(
    probabilities: np.ndarray, gold_ids: np.ndarray, bins: int = 15
) -> float:
    """How far confidence and accuracy are apart on average (Guo et al. 2017, equation 3).

    Args:
        probabilities: float `(examples, K)`.
        gold_ids: integers `(examples,)`.
        bins: number of bins of equal width, over the highest probability of each example.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == gold_ids
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, right.astype(float) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def tempered(probabilities: np.ndarray, temperature: float, *, several: bool = False) -> np.ndarray:
    r"""Probabilities whose logits are divided by a temperature: above 1 they are less sure.

    Args:
        probabilities: float `(…, K)` of a softmax, or with `several` of K sigmoids.
        temperature: $T > 0$; 1 changes nothing.
        several: whether each class has a probability of its own.
    """
    if temperature == 1.0:
        return probabilities
    logs = np.log(np.maximum(probabilities, _SMALLEST)) / temperature
    if several:
        other = np.log(np.maximum(1.0 - probabilities, _SMALLEST)) / temperature
        return (1.0 / (1.0 + np.exp(other - logs))).astype(probabilities.dtype)
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(probabilities.dtype)


def fit_temperature(
    probabilities: np.ndarray, targets: np.ndarray, *, several: bool = False
) -> float:
    """The temperature that makes given labels most probable (Guo et al. 2017, §4.2).

    Args:
        probabilities: float `(examples, K)` of a softmax, or with `several` of K sigmoids.
        targets: integers `(examples,)`; with `several` 0 and 1, `(examples, K)`.
        several: whether each class has a probability of its own.
    """

    def loss(log_temperature: float) -> float:
        found = tempered(probabilities.astype(float), np.exp(log_temperature), several=several)
        chosen = (
            np.where(targets, found, 1.0 - found) if several else found[range(len(found)), targets]
        )
        return -float(np.log(np.maximum(chosen, _SMALLEST)).mean())

    # In the inverse temperature the loss is convex, so in the temperature it has one minimum.
    low, high = np.log(_TEMPERATURES)
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2.0))


def best_thresholds(probabilities: np.ndarray, targets: np.ndarray) -> list[float]:
    """The threshold with the highest F1 of each class; 0.5 for a class that never occurs.

    Between two probabilities all thresholds are alike: the middle is taken.

    Args:
        probabilities: float `(examples, K)`.
        targets: 0 and 1, `(examples, K)`.
    """
    return [_best_threshold(*pair) for pair in zip(probabilities.T, targets.T, strict=True)]


def _best_threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    if not targets.any():
        return 0.5
    values = np.unique(probabilities)[::-1].astype(float)  # from the highest down
    correct = np.array([targets[probabilities >= value].sum() for value in values])
    found = np.array([(probabilities >= value).sum() for value in values])
    best = int(np.argmax(2.0 * correct / (found + targets.sum())))
    below = values[best + 1] if best + 1 < len(values) else 0.0
    return float((values[best] + below) / 2.0)
