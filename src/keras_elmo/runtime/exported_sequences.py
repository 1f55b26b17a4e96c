"""Exported models that write sequences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from keras_elmo.data.datasets import SEQ2SEQ
from keras_elmo.runtime.beam_search import Hypothesis, Steps, beam_search
from keras_elmo.runtime.exported_model import ExportedModel
from keras_elmo.runtime.manifest import STEP
from keras_elmo.runtime.network import batch_rows, open_graph
from keras_elmo.runtime.targets import WritesTargets
from keras_elmo.text.padding import padded, rounded_length
from keras_elmo.text.symbols import (
    CHARACTER_STEPS,
    SOURCE_IDS,
    WORD_PLACES,
    SourceReader,
    SourceSteps,
    TargetSymbols,
)

_STATE = ("a", "h", "c")


class ExportedSeq2Seq(WritesTargets, ExportedModel):
    """Targets that a decoder writes."""

    kinds = (SEQ2SEQ,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self.symbols = TargetSymbols(settings["target_vocabulary"], settings["target"])
        self.reader = SourceReader(settings["source_characters"])
        self.copy = settings["copy"]
        self.max_target_length = settings["max_target_length"]
        self._step = open_graph(self.manifest, STEP)

    def predict(self, x: Any, *, batch_size: int = 32, **options: Any) -> list[str]:
        """The best text for each source; options as of `generate`."""
        return [found[0].text for found in self.generate(x, batch_size=batch_size, **options)]

    def search(
        self, sentences: list[list[str]], batch_size: int, **options: Any
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        marks = {"begin": self.symbols.begin, "end": self.symbols.end}
        sources = [self.reader(tokens) for tokens in sentences]
        for rows in batch_rows([len(source.steps) for source in sources], batch_size):
            arrays = self._arrays([sentences[i] for i in rows], [sources[i] for i in rows])
            read = self.network.run(arrays)
            if self.copy:
                read[SOURCE_IDS] = arrays[SOURCE_IDS].astype(np.int64)
            symbols = self.symbols.size + (read["keys"].shape[1] if self.copy else 0)
            steps = _DecoderSteps(self._step, read, options["beam"], symbols)
            yield from zip(rows, beam_search(steps, len(rows), **marks, **options), strict=True)

    def _arrays(
        self, sentences: Sequence[Sequence[str]], sources: Sequence[SourceSteps]
    ) -> dict[str, np.ndarray]:
        arrays = self.network.arrays(sentences)
        length = rounded_length(max(len(source.steps) for source in sources))
        if CHARACTER_STEPS in self.network.input_names:
            arrays[CHARACTER_STEPS] = padded([source.characters for source in sources], length)
            arrays[WORD_PLACES] = padded([source.places for source in sources], length)
        if self.copy:
            copied = [self.symbols.source_ids(source.steps) for source in sources]
            arrays[SOURCE_IDS] = padded(copied, length)
        return arrays


class _DecoderSteps(Steps):
    """One step after the other of the targets of a batch.

    Args:
        step: the graph of a step.
        read: what the network read the sources to, and the state before the first step.
        beam: rows of each source.
        symbols: how many can be written, those of padding and marks among them.
    """

    def __init__(self, step: Any, read: dict[str, np.ndarray], beam: int, symbols: int) -> None:
        own = {name: np.repeat(array, beam, axis=0) for name, array in read.items()}
        self._state = {name: own.pop(name) for name in _STATE}
        self._source = own | {"choices": np.array([min(2 * beam, symbols)])}
        self._step = step

    def step(self, parents: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = {"parents": parents.astype(np.int64), "ids": ids.astype(np.int64)}
        names = ["log_probabilities", "symbols", *(f"next_{name}" for name in _STATE)]
        values, symbols, *state = self._step.run(names, rows | self._state | self._source)
        self._state = dict(zip(_STATE, state, strict=True))
        return values, symbols
