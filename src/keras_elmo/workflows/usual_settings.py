"""What is chosen by the data where nothing is said: the one rule for it.

All other settings are the same for all data, the defaults of `TrainingOptions` and the recipes.
They were chosen on ten data sets of four sizes, see "Defaults" in docs/results.md.
"""

import math
from dataclasses import dataclass

from keras_elmo.data.datasets import Dataset
from keras_elmo.data.kinds import KINDS
from keras_elmo.text.tags import BIO, BIOES

EPOCHS, PATIENCE = 10, 3
# Small data have few batches an epoch, and no optimizer learns in ten steps.
MIN_STEPS, MIN_PATIENCE_STEPS = 1000, 60


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
        (1000, 60)
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
        epochs, reason = floor, f"the data are small, and these are {MIN_STEPS:,} steps"
    epochs = epochs or EPOCHS
    patience = patience or max(PATIENCE, math.ceil(MIN_PATIENCE_STEPS / batches))
    ends = f"a stage ends after {patience} without a better one"
    if patience >= epochs:
        ends = f"with a patience of {patience} none ends early"
    line = f"at most {_count(epochs, 'epoch')} of {_count(batches, 'step')} ({reason}); {ends}"
    return TrainingLength(epochs, patience, steps, line)


# The scores of a CRF are a square of the number of tags, of which BIOES has twice as many as BIO.
MOST_TYPES = 20


def usual_scheme(rows: Dataset) -> str | None:
    """The scheme that tags are trained in; None where they mark no spans."""
    types = rows.span_types()
    if not types:
        return None
    return BIOES if len(types) <= MOST_TYPES else BIO


MOST_TEXTS = 20_000  # n-grams were tried with up to 13,000


def takes_ngrams(rows: Dataset, held_out: Dataset | None, class_weight: str | None = None) -> bool:
    """Whether n-grams have a say in the classes of texts.

    Their weights make the labels of the development set most probable, against class weights.

    Args:
        rows: what is trained on.
        held_out: what it is developed on.
        class_weight: as of a training.
    """
    fits = held_out is not None and "ngrams" in KINDS[rows.kind].steps
    return fits and len(rows) <= MOST_TEXTS and not class_weight


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}" + "s" * (number != 1)
