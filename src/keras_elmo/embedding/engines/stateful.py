"""Features as the published vectors were made: states carried from batch to batch."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from keras_elmo.elmo.inference import compiled_call
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.text.padding import rounded_length

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone


def embed_stateful(
    backbone: "ElmoBackbone", preprocessor: ElmoPreprocessor | None, sentences: Iterable[list[str]]
) -> Iterator[np.ndarray]:
    """Features float `(tokens, layers, 2P)` of token lists in the order they come.

    Sentence `i` is row `i % batch_size` and continues the state of the sentence `batch_size` before
    it.
    """
    preprocessor = preprocessor or ElmoPreprocessor(
        "whitespace", max_characters_per_token=backbone.config.max_characters_per_token
    )
    call = compiled_call(backbone)
    around = 2 if backbone.config.keep_boundaries else 0
    sentences, size = iter(sentences), backbone.config.batch_size or 1
    while batch := list(islice(sentences, size)):
        # The last batch may be short: rows without a sentence read `<S> </S>` for nothing.
        rows = batch + [[]] * (size - len(batch))
        features = call(preprocessor.elmo_arrays(rows, rounded_length(max(map(len, rows)))))
        for tokens, values in zip(batch, features, strict=False):
            # A copy: a view would keep the whole batch alive as long as one sentence is.
            yield values[: len(tokens) + around].copy()
