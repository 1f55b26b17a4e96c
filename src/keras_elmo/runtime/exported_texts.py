"""Exported models of whole texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_elmo.data.datasets import CLASSIFICATION, MULTI_LABEL, REGRESSION
from keras_elmo.runtime.exported_model import ExportedModel
from keras_elmo.runtime.manifest import NGRAMS, ExportError
from keras_elmo.runtime.ngram_bayes import NGramBayes
from keras_elmo.runtime.texts import ReadsClasses, ReadsNumbers
from keras_elmo.text.rows import as_rows


class ExportedClassifier(ReadsClasses, ExportedModel):
    """Classes of whole texts."""

    kinds = (CLASSIFICATION, MULTI_LABEL)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self.label_encoder = self.label_encoder_of(settings["labels"], "classes")
        self.multi_label = settings["multi_label"]
        self.temperature, self.thresholds = settings["temperature"], settings["thresholds"]
        path = self.manifest.folder / NGRAMS
        self.ngrams = NGramBayes.load(path, ExportError) if path.is_file() else None

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        return self.label_encoder.read_sets(y) if self.multi_label else as_rows(y, "y")


class ExportedRegressor(ReadsNumbers, ExportedModel):
    """Numbers of whole texts."""

    kinds = (REGRESSION,)

    def take_settings(self, settings: Mapping[str, Any]) -> None:
        self.target_mean, self.target_scale = settings["target_mean"], settings["target_scale"]
