"""Exported models of pairs of texts."""

from typing import Any

from keras_elmo.data.datasets import PAIR, PAIR_REGRESSION
from keras_elmo.runtime.exported_model import ExportedModel
from keras_elmo.runtime.exported_texts import ExportedClassifier, ExportedRegressor
from keras_elmo.runtime.pairs import ReadsPairs, Texts, make_texts


class ExportedPairs(ReadsPairs, ExportedModel):
    """Two texts a row."""

    def tokenize(self, x: Any) -> list[Texts]:
        return make_texts(x, self.network.encoder)

    def read_texts(self, x: Any) -> tuple[list[Any], list[Texts]]:
        rows = self.rows(x)
        return rows, self.tokenize(rows)

    def sentence_outputs(self, sentences: list[Texts], batch_size: int = 32) -> list[Any]:
        found = self.network.pair_outputs(sentences, batch_size)
        return [self.own_output([], output) for output in found]


class ExportedPairClassifier(ExportedPairs, ExportedClassifier):
    """Classes of pairs."""

    kinds = (PAIR,)


class ExportedPairRegressor(ExportedPairs, ExportedRegressor):
    """Numbers of pairs."""

    kinds = (PAIR_REGRESSION,)
