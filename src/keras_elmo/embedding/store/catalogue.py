"""All stores of a cache: what they hold, which one is meant, and whether they are whole."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from keras_elmo.embedding.store.check import find_problems, repair
from keras_elmo.embedding.store.errors import StoreError
from keras_elmo.embedding.store.folder import (
    StoredModel,
    read_model,
    remove_store,
    segment_sizes,
    store_folders,
)
from keras_elmo.embedding.store.index import StoreIndex, Totals


@dataclass(frozen=True)
class StoreFacts:
    """A store and what it holds; `error` says why that is unknown."""

    folder: Path
    num_bytes: int
    model: StoredModel | None = None
    totals: Totals | None = None
    error: str = ""


class Finding(NamedTuple):
    """What is wrong with a store, and whether that was mended."""

    text: str
    mended: bool


def list_stores(features: Path) -> list[StoreFacts]:
    """Facts about every store, damaged ones as well."""
    return [_facts(folder) for folder in store_folders(features)]


def find_stores(features: Path, text: str) -> list[StoreFacts]:
    """Stores of a model: its name, or how its fingerprint begins.

    Raises:
        ValueError: there is none.
    """
    stores = list_stores(features)
    by_name = [store for store in stores if store.model and store.model.name == text]
    found = by_name or [store for store in stores if text and store.folder.name.startswith(text)]
    if not found:
        raise ValueError(
            f"{features} has no features of such a model. Received: {text!r}. "
            "`keras-elmo cache list` shows names and fingerprints."
        )
    return found


def verify_store(
    folder: Path, *, mend: bool = False, advance: Callable[[int], object] = lambda _: None
) -> list[Finding]:
    """What is wrong with a store: a finding for each segment, none if it is whole.

    Args:
        folder: folder of the store.
        mend: whether damaged sentences are forgotten; a store with a damaged index is removed.
        advance: hears how many bytes were read.
    """
    try:
        model = read_model(folder)
    except StoreError as error:
        return [Finding(str(error), False)]  # perhaps a newer version's: only `clear` removes it
    try:
        index = StoreIndex(folder, model.row_bytes)
        problems = find_problems(index, model, advance)
        if mend:
            repair(index, problems)
    except StoreError as error:
        if mend:
            remove_store(folder)
        return [Finding(str(error), mend)]
    return [Finding(str(problem), mend) for problem in problems]


def _facts(folder: Path) -> StoreFacts:
    num_bytes = sum(segment_sizes(folder).values())
    try:
        model = read_model(folder)
        return StoreFacts(folder, num_bytes, model, StoreIndex(folder, model.row_bytes).totals())
    except (StoreError, OSError) as error:
        return StoreFacts(folder, num_bytes, error=str(error))
