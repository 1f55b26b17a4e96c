"""ELMo features in an HDF5 file: one dataset a sentence."""

from collections.abc import Iterable, Sequence
from os import PathLike

import h5py
import numpy as np

from keras_elmo.weights.space import require_space


def choose_layers(choice: str, num_layers: int) -> list[int]:
    """Numbers of the layers that a choice names.

    Args:
        choice: `"all"`, `"top"`, or numbers such as `"0,2"`; layer 0 is the word layer.
        num_layers: LSTM layers, so that the highest number is `num_layers`.

    Raises:
        ValueError: something else.

    Example:
        >>> choose_layers("top", 2)
        [2]
    """
    if choice in ("all", "top"):
        return list(range(num_layers + 1)) if choice == "all" else [num_layers]
    try:
        layers = [int(number) for number in choice.split(",")]
    except ValueError:
        layers = [-1]
    if any(not 0 <= layer <= num_layers for layer in layers):
        raise ValueError(
            f"`layers` must be 'all', 'top' or numbers from 0 to {num_layers}, such as "
            f"'0,{num_layers}'. Received: {choice!r}"
        )
    return layers


def write_features(
    path: str | PathLike[str], features: Iterable[np.ndarray], layers: Sequence[int]
) -> int:
    """Write the datasets '0', '1', …, one a sentence, as they come.

    Args:
        path: a new file; attribute `layers` holds the numbers of the layers.
        features: float `(tokens, all layers, 2P)` each; written as `(layers, tokens, 2P)`.

    Returns:
        The number of sentences.

    Raises:
        OSError: there is no space left.
    """
    count = 0
    require_space(path, 0)
    with h5py.File(path, "w") as file:
        file.attrs["layers"] = list(layers)
        for count, rows in enumerate(features, 1):
            chosen = rows[:, list(layers)].transpose(1, 0, 2)
            require_space(path, chosen.nbytes)
            file.create_dataset(str(count - 1), data=chosen)
    return count
