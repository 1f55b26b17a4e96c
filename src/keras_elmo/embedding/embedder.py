"""Sentences → ELMo features, in flat memory and in order."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.inference import batches_by_length, compiled_call, rounded_length
from keras_elmo.elmo.preprocessor import ElmoPreprocessor

_WINDOW = 32  # batches that are read ahead and sorted by length together


class ElmoEmbedder:
    """Gives the features of a frozen ELMo for any number of sentences.

    Sentences are sorted by length inside a bounded window, so that little is padded, and come back
    in order. A stateful backbone reads them as they come: sentence `i` is row `i % batch_size` and
    continues the state of the sentence `batch_size` before it.

    Args:
        backbone: the ELMo.
        preprocessor: encodes sentences; the default is character input, split on spaces.
        batch_size: sentences of a batch; a stateful backbone brings its own.
        max_tokens: padded tokens of a batch at most; long sentences make smaller batches.

    Example:
        >>> embedder = ElmoEmbedder(ElmoBackbone.from_preset("elmo_mini_en"))
        >>> embedder.embed(["Profit rose sharply ."])[0].shape
        (4, 3, 256)
    """

    def __init__(
        self,
        backbone: ElmoBackbone,
        preprocessor: ElmoPreprocessor | None = None,
        *,
        batch_size: int = 32,
        max_tokens: int = 4096,
    ):
        self.backbone = backbone
        self.preprocessor = preprocessor or ElmoPreprocessor(
            "whitespace", max_characters_per_token=backbone.max_characters_per_token
        )
        self.batch_size = backbone.batch_size or batch_size
        self.max_tokens = max_tokens
        self._call = compiled_call(backbone)

    def embed(self, sentences: Sequence[str] | Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Features of all sentences: for each, float `(tokens, layers, 2 * projection_dim)`."""
        return list(self.embed_iter(sentences))

    def embed_iter(
        self, sentences: Iterable[str] | Iterable[Sequence[str]]
    ) -> Iterator[np.ndarray]:
        """As `embed`, one after another, holding only a window of sentences in memory."""
        tokens = (self.preprocessor.tokenize([sentence])[0] for sentence in sentences)
        embed = self._embed_stateful if self.backbone.stateful else self._embed_window
        size = self.batch_size * (1 if self.backbone.stateful else _WINDOW)
        while window := list(islice(tokens, size)):
            yield from embed(window)

    def _embed_window(self, sentences: list[list[str]]) -> list[np.ndarray]:
        features: list[np.ndarray] = [np.empty(0)] * len(sentences)
        lengths = [len(tokens) for tokens in sentences]
        for rows, length in batches_by_length(lengths, self.batch_size, self.max_tokens):
            batch = self._batch([sentences[i] for i in rows], length)
            for i, row in zip(rows, batch, strict=True):
                features[i] = row
        return features

    def _embed_stateful(self, sentences: list[list[str]]) -> list[np.ndarray]:
        # The last batch may be short: rows without a sentence read `<S> </S>` for nothing.
        rows = sentences + [[]] * (self.batch_size - len(sentences))
        return self._batch(rows, rounded_length(max(map(len, rows))))[: len(sentences)]

    def _batch(self, sentences: list[list[str]], length: int) -> list[np.ndarray]:
        features = self._call(self.preprocessor.encode(sentences, length))
        around = 2 if self.backbone.keep_boundaries else 0
        # Copies: a view would keep the whole batch alive as long as one sentence is.
        return [
            row[: len(tokens) + around].copy()
            for row, tokens in zip(features, sentences, strict=True)
        ]
