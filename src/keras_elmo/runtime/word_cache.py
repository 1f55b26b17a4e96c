"""Word vectors of the words seen last: the character CNN runs once per word type."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from threading import Lock

import numpy as np

from keras_elmo.files.json_files import loads
from keras_elmo.files.new_file import new_file
from keras_elmo.files.npz_file import read_npz

_CONTENT, _HINT = "word vectors of an ELMo", "Delete the file: it is only a cache."


class WordCache:
    """A bounded, least-recently-used table of word vectors; several threads may ask it.

    Args:
        compute: takes words and gives float32 `(words, projection_dim)`.
        size: number of features of a vector.
        capacity: number of words to remember.
    """

    def __init__(
        self, compute: Callable[[list[str]], np.ndarray], size: int, capacity: int
    ) -> None:
        self._compute = compute
        self._rows: OrderedDict[str, int] = OrderedDict()  # the word used longest ago comes first
        self._table = np.empty((0, size), np.float32)
        self._capacity = capacity
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def vectors(self, words: Iterable[str]) -> tuple[np.ndarray, dict[str, int]]:
        """Vectors of all these words.

        Returns:
            float32 `(types, size)`, and the row of each word in it.
        """
        place = {word: i for i, word in enumerate(dict.fromkeys(words))}
        with self._lock:
            return self._find(place), place

    def _find(self, place: dict[str, int]) -> np.ndarray:
        found = np.empty((len(place), self._table.shape[1]), np.float32)
        missing = [word for word in place if word not in self._rows]
        known = [word for word in place if word in self._rows]
        if known:
            found[[place[word] for word in known]] = self._table[[self._rows[w] for w in known]]
        for word in known:
            self._rows.move_to_end(word)
        if missing:
            new = self._compute(missing)
            found[[place[word] for word in missing]] = new
            self._store(missing[-self._capacity :], new[-self._capacity :])
        return found

    def clear(self) -> None:
        """Forget all words."""
        self._rows.clear()

    def save(self, path: str | PathLike[str], key: str) -> None:
        """Write the words and their vectors to an `.npz` file.

        Args:
            path: the file to write.
            key: identifies the weights that the vectors belong to; `load` asks for the same.
        """
        rows = list(self._rows.values())
        words = json.dumps(list(self._rows)).encode()
        with new_file(path, overwrite=True) as unfinished, unfinished.open("wb") as file:
            np.savez(file, key=key, words=np.frombuffer(words, np.uint8), vectors=self._table[rows])

    def load(self, path: str | PathLike[str], key: str) -> None:
        """Take up what `save` wrote.

        Raises:
            ValueError: the vectors belong to other weights.
        """
        file = read_npz(Path(path), _CONTENT, hint=_HINT)
        if "key" in file and str(file["key"]) != key:
            raise ValueError(
                f"{path} holds word vectors of other weights. Received: {file['key']!s}, this "
                f"ELMo is {key}. {_HINT}"
            )
        try:
            words, vectors = loads(file["words"].tobytes()), file["vectors"]
            if vectors.shape != (len(words), self._table.shape[1]):
                raise ValueError(f"vectors of shape {vectors.shape}")
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{path} must hold {_CONTENT}. Received: {error}. {_HINT}") from error
        self.clear()
        self._store(words[-self._capacity :], vectors[-self._capacity :])

    def _store(self, words: list[str], vectors: np.ndarray) -> None:
        rows = []
        for word in words:
            if len(self._rows) < self._capacity:
                row = len(self._rows)
            else:
                _, row = self._rows.popitem(last=False)
            self._rows[word] = row
            rows.append(row)
        if len(self._rows) > len(self._table):  # grows as it is needed, by doubling
            larger = min(self._capacity, max(2 * len(self._table), len(self._rows), 1024))
            grown = np.empty((larger, self._table.shape[1]), np.float32)
            grown[: len(self._table)] = self._table
            self._table = grown
        self._table[rows] = vectors
