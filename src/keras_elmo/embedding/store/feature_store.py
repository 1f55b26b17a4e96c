"""Features of a frozen ELMo on disk: computed once, then mapped into memory.

Raw rows in files that only grow, each written by one process, and beside each an index that names
a sentence after its rows are there: a writer may be killed at any moment, and two may write at
once.
Neither LMDB (it maps its file unchecked, so a truncated one kills the reader, and has no
checksums) nor HDF5 or Zarr (not safe to append to under a kill) nor Arrow (heavy) offers that.
Rows as blobs in SQLite would, but are read at a half to a fifth of the speed of mapped files.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from os import PathLike

import numpy as np

from keras_elmo.embedding.store.encoding import encode_features, pairs, sentence_key, shown
from keras_elmo.embedding.store.errors import NotStoredError, StoreError, repair_hint
from keras_elmo.embedding.store.folder import (
    MODEL_FILE,
    StoredModel,
    create_store,
    read_model,
    remove_old_store,
)
from keras_elmo.embedding.store.index import Segment, StoreIndex
from keras_elmo.embedding.store.room import make_room
from keras_elmo.embedding.store.segment_reader import SegmentReader, SegmentsInUse, StoredFeatures
from keras_elmo.embedding.store.segment_writer import SegmentWriter
from keras_elmo.embedding.store.settings import cache_limit, features_folder
from keras_elmo.files.folder_lock import BusyError
from keras_elmo.files.space import require_space
from keras_elmo.files.work_folder import remove_unfinished

_SEGMENT_BYTES = 256_000_000
_BATCH_BYTES, _BATCH_SENTENCES = 16_000_000, 4096  # what a kill loses at most


class FeatureStore:
    """Features of one frozen ELMo, kept over runs.

    Several processes may use a store at once. Where the folder cannot be written, an existing store
    is read.

    Args:
        fingerprint: identifies the model; see `fingerprint`.
        shape: layers and features of a token, as in `(tokens, layers, features)`.
        name: name of the model, for people.
        dtype: `"float16"` or `"float32"`, the type on disk.
        root: folder of the cache; by default `$KERAS_ELMO_CACHE`, else `~/.cache/keras-elmo`.
        max_bytes: how many bytes the rows of all models may have together (their indices add some
            100 bytes a sentence); by default `$KERAS_ELMO_CACHE_BYTES`, such as 5GB, else 20 GB.
            Rows that were not wanted for the longest time give way.

    Attributes:
        index: the sentences that are stored.

    Raises:
        OSError: the folder does not exist and cannot be made.
        StoreError: the store is damaged.
        ValueError: an argument is not as above.

    Example:
        >>> with FeatureStore(fingerprint(config, weights), (3, 1024)) as store:
        ...     new = [sentences[i] for i in store.missing(sentences)]
        ...     store.add(new, embedder.embed_iter(new))
        ...     features = store.features(sentences)
    """

    def __init__(
        self,
        fingerprint: str,
        shape: tuple[int, int],
        *,
        name: str = "",
        dtype: str = "float16",
        root: str | PathLike[str] | None = None,
        max_bytes: int | None = None,
    ) -> None:
        layers, features = shape
        self.model = StoredModel(fingerprint, layers, features, dtype, name)
        self.max_bytes = cache_limit(max_bytes)
        self.folder = features_folder(root) / self.model.folder_name
        remove_old_store(self.folder)
        if not self.folder.is_dir():
            create_store(self.folder, self.model)
        with suppress(BusyError, OSError):  # where nothing can be written there is nothing either
            remove_unfinished(self.folder)
        self.model = read_model(self.folder)
        if self.model.folder_name != self.folder.name:
            raise StoreError(
                f"{self.folder} describes another model, {self.model.folder_name}. "
                "Remove the folder or give it back its name."
            )
        self.index = StoreIndex(self.folder, self.model.row_bytes)
        self.index.segments()  # a damaged one is found here
        self._reader = SegmentReader(self.folder, self.model)
        # A tenth of the limit at most, so that little is evicted at a time.
        self._writer = SegmentWriter(self.index, min(_SEGMENT_BYTES, self.max_bytes // 10))
        self._in_use = SegmentsInUse()
        self._touched: set[str] = set()

    def missing(self, sentences: Sequence[Sequence[str]]) -> list[int]:
        """Which sentences are not stored: the first of each, in order.

        Those that are stored are kept from eviction by this process until the store is closed.
        """
        keys = [sentence_key(sentence) for sentence in sentences]
        entries, segments = self.index.lookup(keys)
        used = self._used(entries, segments).values()
        self._in_use.paths.update(self.folder / segment.name for segment in used)
        first: dict[bytes, int] = {}
        for i in np.flatnonzero(entries["segment"] < 0).tolist():
            first.setdefault(keys[i], i)
        return list(first.values())

    def add(self, sentences: Iterable[Sequence[str]], features: Iterable[np.ndarray]) -> None:
        """Store sentences; those that are stored already stay as they are.

        They become visible in batches. What comes before an error is stored, too.

        Args:
            sentences: lists of tokens. If they are a sequence, room for all of them is made (or
                found missing) before the first features are asked for.
            features: real `(tokens, layers, features)` each, in the same order; only a batch of
                them is held in memory.

        Raises:
            OSError: the disk is full, or the store cannot be written.
            StoreFullError: `max_bytes` does not suffice.
            ValueError: features have another shape, or numbers that the type on disk cannot hold.
        """
        if self.index.read_only:
            raise PermissionError(
                f"{self.folder} cannot be written or its disk is full, so no features are added. "
                "Free some space, or set KERAS_ELMO_CACHE, or `root`, to another folder."
            )
        if isinstance(sentences, Sequence):
            tokens = sum(len(sentences[i]) for i in self.missing(sentences))
            num_bytes = tokens * self.model.row_bytes
            make_room(self.folder.parent, num_bytes, self.max_bytes)
            require_space(self.folder / MODEL_FILE, num_bytes)
        batch: dict[bytes, np.ndarray] = {}
        num_bytes = 0
        try:
            for number, (sentence, rows) in enumerate(pairs(sentences, features)):
                encoded = encode_features(rows, len(sentence), self.model, number)
                batch.setdefault(sentence_key(sentence), encoded)
                num_bytes += encoded.nbytes
                if num_bytes >= _BATCH_BYTES or len(batch) >= _BATCH_SENTENCES:
                    full, batch, num_bytes = batch, {}, 0
                    self._commit(full)
        finally:
            self._commit(batch)

    def features(self, sentences: Sequence[Sequence[str]]) -> "StoredFeatures":
        """The features of stored sentences, in order: a sequence that reads what is asked for.

        Each is a read-only array `(tokens, layers, features)` of the type on disk, mapped into
        memory; its checksum is verified when this store first reads it. Eviction does not take
        away what was handed out.

        Raises:
            NotStoredError: a sentence is not stored.
            StoreError: the index or a segment is damaged; a sentence with other rows than were
                written raises it when it is read.
        """
        keys = [sentence_key(sentence) for sentence in sentences]
        lengths = np.fromiter(map(len, sentences), np.int64, count=len(sentences))
        while True:
            entries, segments = self.index.lookup(keys)
            if (i := _first(entries["segment"] < 0)) is not None:
                raise NotStoredError(
                    f"{self.folder} has no features of sentence {i}, {shown(sentences[i])}. "
                    "Add what `missing` names first."
                )
            if (i := _first(entries["tokens"] != lengths)) is not None:
                raise StoreError(
                    f"{self.folder} is damaged: expected {lengths[i]} tokens of sentence {i}, "
                    f"found {entries['tokens'][i]}. {repair_hint(self.folder)}"
                )
            used = self._used(entries, segments)
            try:
                return StoredFeatures(self._reader, entries, used)
            except StoreError:
                if {segment.name for segment in used.values()} <= self.index.segments().keys():
                    raise  # else another process evicted one this moment: look again

    def close(self) -> None:
        """Close the files. Features that were handed out stay readable."""
        self._writer.close()
        self._in_use.paths.clear()
        self.index.close()

    def __enter__(self) -> "FeatureStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _commit(self, batch: dict[bytes, np.ndarray]) -> None:
        entries, _ = self.index.lookup(list(batch))
        new = [
            item for item, found in zip(batch.items(), entries["segment"], strict=True) if found < 0
        ]
        if new:
            num_bytes = sum(rows.nbytes for _, rows in new)
            make_room(self.folder.parent, num_bytes, self.max_bytes)
            self._writer.append(new)

    def _used(self, entries: np.ndarray, segments: list[Segment]) -> dict[int, Segment]:
        """The segments of some sentences; once a process it is noted that they are wanted."""
        numbers = np.unique(entries["segment"]).tolist()
        used = {number: segments[number] for number in numbers if number >= 0}
        new = [segment for segment in used.values() if segment.name not in self._touched]
        if not self.index.read_only:
            with suppress(OSError):  # a full disk keeps nobody from reading
                self.index.touch(new)
        self._touched.update(segment.name for segment in new)
        return used


def _first(mask: np.ndarray) -> int | None:
    return int(mask.argmax()) if mask.any() else None
