"""Several opinions on a class, combined into one probability."""

import numpy as np

_SMALLEST = 1e-12
_STEPS = 100  # of Newton's method, at most; ten are usual
_ENOUGH = 1e-9  # what a step may still change


def combined(evidence: np.ndarray, weights: np.ndarray, biases: np.ndarray) -> np.ndarray:
    r"""Probabilities $\mathrm{softmax}_k(\sum_j w_j z_{jk} + b_k)$.

    Args:
        evidence: $z$, float `(examples, opinions, K)`.
        weights: $w$, float `(opinions,)`.
        biases: $b$, float `(K,)`.
    """
    logits = np.einsum("njk,j->nk", evidence, weights) + biases
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def fit_combination(evidence: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weights and biases of `combined` under which given labels are most probable.

    A weight is expected to be 1 for the first opinion, 0 for the others, and biases 0, all with a
    standard deviation of 1: a handful of examples changes little. With one opinion, log
    probabilities, this is bias-corrected temperature scaling (Alexandari et al. 2020).

    Args:
        evidence: float `(examples, opinions, K)`, see `combined`.
        targets: integers `(examples,)`.
    """
    opinions, classes = evidence.shape[1:]
    prior = np.zeros(opinions + classes)
    prior[0] = 1.0

    def loss(values: np.ndarray) -> float:
        found = combined(evidence, values[:opinions], values[opinions:])
        chosen = found[np.arange(len(found)), targets]
        return 0.5 * np.square(values - prior).sum() - np.log(np.maximum(chosen, _SMALLEST)).sum()

    values, best = prior, loss(prior)
    for _ in range(_STEPS):
        step = _newton_step(evidence, targets, values, prior)
        while (lower := loss(values - step)) > best and np.abs(step).max() > _ENOUGH:
            step = step / 2.0
        if np.abs(step).max() <= _ENOUGH:
            break
        values, best = values - step, lower
    return values[:opinions], values[opinions:]


def _newton_step(
    evidence: np.ndarray, targets: np.ndarray, values: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """The gradient, by the inverse of the second derivatives; the loss is convex."""
    opinions, classes = evidence.shape[1:]
    found = combined(evidence, values[:opinions], values[opinions:])
    mean = np.einsum("nk,njk->nj", found, evidence)
    error = found - np.eye(classes)[targets]
    gradient = values - prior
    gradient += np.concatenate([np.einsum("nk,njk->j", error, evidence), error.sum(axis=0)])
    curvature = np.eye(len(values))
    within = np.einsum("nk,nik,njk->ij", found, evidence, evidence) - mean.T @ mean
    across = np.einsum("nk,njk->jk", found, evidence) - mean.T @ found
    curvature[:opinions, :opinions] += within
    curvature[:opinions, opinions:] += across
    curvature[opinions:, :opinions] += across.T
    curvature[opinions:, opinions:] += np.diag(found.sum(axis=0)) - found.T @ found
    return np.linalg.solve(curvature, gradient)
