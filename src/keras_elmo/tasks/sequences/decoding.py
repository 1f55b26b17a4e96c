"""Targets are searched: encoder and decoder as the steps of a beam search, compiled."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_elmo.batching.sequence_batches import SequenceBatches
from keras_elmo.elmo.inference import compiled_call
from keras_elmo.layers.attention_decoder import AttentionDecoder
from keras_elmo.layers.masking import is_masked
from keras_elmo.runtime.beam_search import Hypothesis, Steps, beam_search
from keras_elmo.text.symbols import SOURCE_IDS, TargetSymbols


class TargetSearch:
    """Encodes sources and searches their targets; what it compiles serves all batches.

    Args:
        encoder: gives `memory` and `mask` of a batch.
        decoder: a built one.
    """

    def __init__(self, encoder: keras.Model, decoder: AttentionDecoder):
        self._encode, self._decoding = compiled_call(encoder), Decoding(decoder)

    def __call__(
        self, batches: SequenceBatches, *, beam: int, **options: Any
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """The number of each source and its targets, the best first; options of `beam_search`."""
        options |= {"begin": TargetSymbols.begin, "end": TargetSymbols.end}
        for i, rows in enumerate(batches.rows):
            [inputs] = batches[i]
            encoded = self._encode(inputs)
            arrays = encoded["memory"], encoded["mask"], inputs.get(SOURCE_IDS)
            steps = self._decoding.steps(*arrays, beam)
            yield from zip(rows, beam_search(steps, len(rows), beam=beam, **options), strict=True)


class Decoding:
    """Runs a decoder for prediction; what it compiles serves all batches.

    Args:
        decoder: a built one.
    """

    def __init__(self, decoder: AttentionDecoder):
        self._decoder = decoder
        self._begin = _compiled(decoder, self._begin_with)
        self._step = _compiled(decoder, self._step_with, static=1)

    def steps(
        self, memory: np.ndarray, mask: np.ndarray, source_ids: np.ndarray | None, beam: int
    ) -> Steps:
        """The steps of a beam search over encoded sentences, `beam` rows for each.

        Args:
            memory: float `(batch, source, features)`.
            mask: bool `(batch, source)`.
            source_ids: int `(batch, source)` where the decoder copies, else None.
            beam: width.
        """
        rows = np.repeat(np.arange(len(memory)), beam)
        arrays = [memory[rows], mask[rows]] + ([] if source_ids is None else [source_ids[rows]])
        source, state = self._begin(*map(ops.convert_to_tensor, arrays))
        symbols = self._decoder.vocabulary_size + (0 if source_ids is None else memory.shape[1])
        return _DecoderSteps(self._step, source, state, min(2 * beam, symbols))

    def _begin_with(self, memory, mask, source_ids=None):
        source = self._decoder.read(memory, source_ids, mask)
        return source, self._decoder.start(source)

    def _step_with(self, choices, state, source, parents, ids):
        state = tuple(ops.take(part, parents, axis=0) for part in state)
        state, log_probabilities = self._decoder.advance(state, ids, source)
        return state, *ops.top_k(log_probabilities, choices)


class _DecoderSteps(Steps):
    def __init__(self, step: Callable, source: Any, state: Any, choices: int):
        self._step, self._source, self._state, self._choices = step, source, state, choices

    def step(self, parents: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = [ops.convert_to_tensor(x.astype(np.int32)) for x in (parents, ids)]
        self._state, values, symbols = self._step(self._choices, self._state, self._source, *rows)
        values, symbols = map(ops.convert_to_numpy, (values, symbols))
        return np.where(is_masked(values), -np.inf, values), symbols


def _compiled(layer: keras.layers.Layer, function: Callable, static: int = 0) -> Callable:
    """A function that runs with the layer's weights as they are when it is called.

    Args:
        layer: whose weights it uses.
        function: of tensors, the first `static` arguments being none.
        static: see there.
    """
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, reduce_retracing=True)
    if backend == "torch":
        torch = import_module("torch")
        return torch.no_grad()(function)
    jax = import_module("jax")

    def with_values(fixed, values, *arguments):
        with keras.StatelessScope(state_mapping=list(zip(layer.variables, values, strict=True))):
            return function(*fixed, *arguments)

    jitted = jax.jit(with_values, static_argnums=0)

    def call(*arguments):
        values = tree.map_structure(lambda variable: variable.value, list(layer.variables))
        return jitted(arguments[:static], values, *arguments[static:])

    return call
