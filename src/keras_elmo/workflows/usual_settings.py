"""How long a training lasts at most, where that is not said: the one rule for it."""

import math
from dataclasses import dataclass

EPOCHS, PATIENCE = 10, 3
# Small data have few batches an epoch, and no optimizer learns in ten steps.
MIN_STEPS, MIN_PATIENCE_STEPS = 300, 60


@dataclass(frozen=True)
class TrainingLength:
    """How long a training lasts at most.

    Attributes:
        epochs: number of epochs.
        patience: epochs without a better one after which a stage ends.
        steps: number of batches of the whole training, if that is limited, too.
        line: what was chosen and why.
    """

    epochs: int
    patience: int
    steps: int | None
    line: str


def training_length(
    examples: int,
    batch_size: int,
    epochs: int | None = None,
    patience: int | None = None,
    steps: int | None = None,
) -> TrainingLength:
    """Choose what is not said: more epochs and more patience the fewer batches an epoch has.

    Args:
        examples: number of sentences, pairs or questions to train on.
        batch_size: of them in a batch.
        epochs, patience, steps: what is said of them.

    Raises:
        ValueError: one of them is below 1.

    Example:
        >>> training_length(30, 32).epochs, training_length(30, 32).patience
        (300, 60)
        >>> training_length(100_000, 32).epochs, training_length(100_000, 32).patience
        (10, 3)
    """
    for name, value in {"epochs": epochs, "patience": patience, "steps": steps}.items():
        if value is not None and value < 1:
            raise ValueError(f"`{name}` must be at least 1, or None. Received: {value}")
    batches = max(1, math.ceil(examples / batch_size))
    floor = math.ceil(MIN_STEPS / batches)
    reason = "as said" if epochs else "the usual ones"
    if steps:
        longest = math.ceil(steps / batches)
        if epochs is None or longest < epochs:
            epochs, reason = longest, f"{_count(steps, 'step')}, as said"
    elif epochs is None and floor > EPOCHS:
        epochs, reason = floor, f"the data are small, and these are {MIN_STEPS} steps"
    epochs = epochs or EPOCHS
    patience = patience or max(PATIENCE, math.ceil(MIN_PATIENCE_STEPS / batches))
    ends = f"a stage ends after {patience} without a better one"
    if patience >= epochs:
        ends = f"with a patience of {patience} none ends early"
    line = f"at most {_count(epochs, 'epoch')} of {_count(batches, 'step')} ({reason}); {ends}"
    return TrainingLength(epochs, patience, steps, line)


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" + "s" * (number != 1)
