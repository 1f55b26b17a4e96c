"""The measures of a pre-training run, from files: perplexity, a probe, the health of features."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from keras_elmo.data.readers import read_table
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.pretraining.batches import TypeCharacters
from keras_elmo.pretraining.corpus import Corpus, read_corpus
from keras_elmo.pretraining.evaluation import health, linear_probe, perplexity

_SAMPLE = 200  # sentences that are enough to judge the features


class RunMeasures:
    """Measures a language model; reads its files once, so that bad ones are found at the start.

    Args:
        corpus: what is trained on.
        heldout: text for the perplexity, one sentence a line.
        probe: labelled sentences for the linear probe, TSV with label and text.

    Example:
        >>> pretrain(corpus, config, settings, folder, evaluate=RunMeasures(corpus, "heldout.txt"))
    """

    def __init__(
        self,
        corpus: Corpus,
        heldout: str | PathLike[str] | None = None,
        probe: str | PathLike[str] | None = None,
    ):
        self._heldout, self._probe = None, None
        self._sample = _first_sentences(corpus)
        self._characters: TypeCharacters | None = None
        self._embedder: ElmoEmbedder | None = None
        self._backbone: ElmoBackbone | None = None
        if heldout:
            self._heldout = read_corpus(heldout, corpus.types)
            self._sample = _first_sentences(self._heldout)
        if probe:
            rows = list(read_table(str(probe), text=1, label=0, delimiter="\t"))
            texts: list[Any] = [row.text for row in rows]
            self._probe = [text.split() for text in texts], [str(row.label) for row in rows]

    def __call__(self, model: ElmoLanguageModel) -> dict[str, float]:
        """A row: perplexity and unknown, probe (as far as there are files), and `health`."""
        row: dict[str, float] = {}
        if self._heldout:
            if self._characters is None:
                self._characters = TypeCharacters.of_model(self._heldout.types, model.backbone)
            measured = perplexity(model, self._heldout, self._characters)
            row |= {name: measured[name] for name in ("perplexity", "unknown")}
        embedder = self._embedder_of(model.backbone)
        if self._probe:
            row["probe"] = linear_probe(embedder, *self._probe)
        return row | health(embedder, self._sample)

    def _embedder_of(self, backbone: ElmoBackbone) -> ElmoEmbedder:
        """One for all evaluations of a run: graphs made anew each time would fill the memory."""
        if self._embedder is None or self._backbone is not backbone:
            self._embedder, self._backbone = ElmoEmbedder(backbone), backbone
        return self._embedder


def text_perplexities(
    model: ElmoLanguageModel, words: Sequence[str], texts: Mapping[str, str | PathLike[str]]
) -> dict[str, dict[str, float]]:
    """The `perplexity` of each text, by name; `words` are those of the softmax."""
    return {name: perplexity(model, read_corpus(path, words)) for name, path in texts.items()}


def _first_sentences(corpus: Corpus) -> list[list[str]]:
    borders = zip(corpus.offsets[:_SAMPLE], corpus.offsets[1 : _SAMPLE + 1], strict=False)
    tokens = np.asarray(corpus.tokens)
    return [[corpus.types[i] for i in tokens[start:end]] for start, end in borders]
