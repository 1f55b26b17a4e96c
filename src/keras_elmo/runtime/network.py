"""The network of an exported model in ONNX Runtime: token lists → its outputs for each."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.runtime.manifest import MODEL, WORDS, Manifest
from keras_elmo.runtime.pairs import OTHER, ROWS
from keras_elmo.runtime.word_cache import WordCache
from keras_elmo.text.padding import cut_batches, rounded_length

Tokens = Sequence[str]

REMEMBERED = 2**16  # words: 128 MB for an ELMo of original shape
# ONNX Runtime keeps what it has reserved for the largest batch; words beyond this go one after
# another.
_WORDS_AT_ONCE = 2**10


class Network:
    """The two graphs of an exported model: words → their vectors → outputs.

    A word is spelled once: its vector is remembered.

    Args:
        manifest: of the model; the checksums of its files fit.

    Raises:
        ImportError: onnxruntime is not installed.
        ExportError: a file is no graph.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.encoder = manifest.encoder()
        self._spelling = open_graph(manifest, WORDS)
        self._model = open_graph(manifest, MODEL)
        self.input_names = [value.name for value in self._model.get_inputs()]
        self.output_names = [value.name for value in self._model.get_outputs()]
        self.output_sizes = {value.name: value.shape for value in self._model.get_outputs()}
        [vectors] = self._spelling.get_outputs()
        self.words = WordCache(self._spell, vectors.shape[1], REMEMBERED)

    def outputs(self, sentences: Sequence[Tokens], batch_size: int) -> list[dict[str, np.ndarray]]:
        """The outputs for each sentence by name, with its padding.

        Args:
            sentences: token lists.
            batch_size: number of sentences of a batch; fewer where they are very long.
        """
        found: list[dict[str, np.ndarray]] = [{}] * len(sentences)
        for rows in batch_rows(list(map(len, sentences)), batch_size):
            outputs = self.run(self.arrays([sentences[int(row)] for row in rows]))
            for row, parts in zip(rows, by_row(outputs), strict=True):
                found[row] = parts
        return found

    def pair_outputs(
        self, pairs: Sequence[tuple[Tokens, Tokens]], batch_size: int
    ) -> list[dict[str, np.ndarray]]:
        """The outputs for each pair of texts, with their padding.

        ELMo reads each distinct text of a batch once.

        Args:
            pairs: two token lists each.
            batch_size: number of pairs of a batch; fewer where they are very long.
        """
        found: list[dict[str, np.ndarray]] = [{}] * len(pairs)
        for rows in batch_rows([max(map(len, pair)) for pair in pairs], batch_size):
            places: dict[tuple[str, ...], int] = {}
            numbers = [
                [places.setdefault(tuple(text), len(places)) for text in pairs[row]] for row in rows
            ]
            own, other = np.array(numbers, np.int64).T
            arrays = self.arrays(list(places)) | {ROWS: own, OTHER + ROWS: other}
            for row, parts in zip(rows, by_row(self.run(arrays)), strict=True):
                found[row] = parts
        return found

    def arrays(self, sentences: Sequence[Tokens], prefix: str = "") -> dict[str, np.ndarray]:
        """The inputs for a text of each row, zero where padded.

        Args:
            sentences: token lists.
            prefix: stands before the names.
        """
        lengths = np.array(list(map(len, sentences)), int)
        time = rounded_length(int(lengths.max(initial=0)))
        mask = np.arange(time) < lengths[:, None]
        vectors, places = self.words.vectors(chain.from_iterable(sentences))
        padded = np.zeros((*mask.shape, vectors.shape[1]), np.float32)
        padded[mask] = vectors[[places[word] for word in chain.from_iterable(sentences)]]
        arrays = {"word_vectors": padded, "padding_mask": mask}
        arrays |= self.encoder.word_arrays(sentences, time)
        return {f"{prefix}{name}": array for name, array in arrays.items()}

    def run(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of a batch by name."""
        feed = {name: arrays[name] for name in self.input_names}
        return dict(zip(self.output_names, self._model.run(None, feed), strict=True))

    def _spell(self, words: list[str]) -> np.ndarray:
        parts = []
        for start in range(0, len(words), _WORDS_AT_ONCE):
            part = [[word] for word in words[start : start + _WORDS_AT_ONCE]]
            arrays = self.encoder.elmo_arrays(part, 1)
            ids = next(array for name, array in arrays.items() if name != "padding_mask")
            parts.append(self._spelling.run(None, {"ids": ids[:, 0]})[0])
        return np.concatenate(parts)


def by_row(outputs: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """The outputs of each row of a batch by name."""
    for parts in zip(*outputs.values(), strict=True):
        yield dict(zip(outputs, parts, strict=True))


def batch_rows(sizes: Sequence[int], batch_size: int) -> Iterator[np.ndarray]:
    """Numbers of the rows of each batch, those of like sizes together."""
    order = np.argsort(np.array(sizes, int), kind="stable")
    yield from cut_batches(order, np.array(sizes, int), batch_size)


def open_graph(manifest: Manifest, name: str) -> Any:
    """A file of an exported model as a session of ONNX Runtime.

    Raises:
        ImportError: onnxruntime is not installed.
        ExportError: it is no graph.
    """
    with needs_extra("onnx", "an exported model needs onnxruntime"):
        import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # warnings about constants are no news to our users
    path: Path = manifest.folder / name
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise manifest.error(f"{path} must be an ONNX model. Received: {error!s:.200}") from error
