"""How far representations have moved: linear CKA and the mean cosine."""

import numpy as np


def linear_cka(x: np.ndarray, y: np.ndarray) -> float:
    r"""Linear centered kernel alignment (Kornblith et al. 2019, equation 5).

    $\|Y^\top X\|_F^2 / (\|X^\top X\|_F \, \|Y^\top Y\|_F)$ with centered columns: 1 where two
    representations are the same up to rotation, scale and shift, 0 where neither tells anything of
    the other.

    Args:
        x, y: float `(examples, features)` of the same examples; as many or other features.

    Raises:
        ValueError: other numbers of examples.

    Returns:
        A number from 0 to 1; NaN where one of them is the same for all examples.
    """
    if len(x) != len(y):
        raise ValueError(
            f"both must have the same examples. Received: {len(x)} and {len(y)} examples"
        )
    x, y = (z.astype(np.float64) - z.mean(axis=0, dtype=np.float64) for z in (x, y))
    both = np.linalg.norm(y.T @ x) ** 2
    alone = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(both / alone) if alone else float("nan")


def mean_cosine(x: np.ndarray, y: np.ndarray) -> float:
    """The mean of the cosines between `x[i]` and `y[i]`: from -1 to 1.

    Args:
        x, y: float `(examples, features)`. Where one of a pair is zero, its cosine is 0.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    products = (x * y).sum(axis=1)
    return float(
        np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0).mean()
    )
