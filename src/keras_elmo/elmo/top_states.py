"""What predicts words: the top layer's states of both directions, sentence boundaries included."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.inference import compiled_call
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.text.padding import rounded_length

_BATCH_SIZE, _MAX_TOKENS = 32, 4096  # of a batch at most
_WINDOW = 1024  # sentences that are read ahead and sorted by length together

States = tuple[np.ndarray, np.ndarray]


class TopStates:
    """Runs a backbone and gives, for every sentence, the states after each of its words.

    Args:
        backbone: an `ElmoBackbone` that starts each sentence from zero. Its layers are shared:
            nothing is copied.
        preprocessor: encodes token lists for it.

    Raises:
        ValueError: a stateful backbone.
    """

    def __init__(self, backbone: ElmoBackbone, preprocessor: ElmoPreprocessor):
        if backbone.config.stateful:
            raise ValueError(
                "`backbone` must start every sentence from zero. Received: a stateful backbone. "
                "Load it with stateful=False."
            )
        self.preprocessor = preprocessor
        # Below the layer that removes the boundaries.
        top = backbone.bilm.output[:, :, -1]  # (batch, tokens + 2, 2P)
        self._call = compiled_call(keras.Model(backbone.input, top))

    def __call__(self, sentences: Iterable[Sequence[str]]) -> Iterator[States]:
        """The states of token lists, one after another and in order.

        Returns:
            For each sentence two arrays float32 `(tokens + 2, projection_dim)`: forward, whose row
            i follows from `<S>` and the words up to the i-th; and backward, whose row i follows
            from `</S>` and the words down to the i-th. Row 0 is `<S>`, the last row `</S>`.
        """
        sentences = iter(sentences)
        while window := list(islice(sentences, _WINDOW)):
            yield from self._of_window(window)

    def _of_window(self, sentences: list[Sequence[str]]) -> Iterator[States]:
        states: dict[int, States] = {}
        lengths = [len(tokens) for tokens in sentences]
        for rows, length in _batches(lengths):
            batch = self.preprocessor.elmo_arrays([sentences[i] for i in rows], length)
            for i, row in zip(rows, self._call(batch), strict=True):
                # Copies: a view would keep the whole batch alive.
                forward, backward = np.split(row[: lengths[i] + 2].astype(np.float32), 2, axis=-1)
                states[i] = forward, backward
        return (states[i] for i in range(len(sentences)))


def _batches(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """The sentences of each batch and the length to pad them to: alike, the longest first."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    while order:
        length = rounded_length(lengths[order[0]])  # the longest of the rest
        count = max(1, min(_BATCH_SIZE, _MAX_TOKENS // length))
        yield order[:count], length
        order = order[count:]
