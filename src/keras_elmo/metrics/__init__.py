"""Measures of predictions against gold labels. NumPy only."""

from keras_elmo.metrics.classification import (
    classification_report,
    confusion_matrix,
    multi_label_report,
)
from keras_elmo.metrics.question_answering import answer_report
from keras_elmo.metrics.regression import regression_report
from keras_elmo.metrics.sequences import (
    edit_distance,
    exact_match,
    sequence_report,
    token_error_rate,
    translation_report,
)
from keras_elmo.metrics.spans import bio_spans, span_f1

__all__ = [
    "answer_report",
    "bio_spans",
    "classification_report",
    "confusion_matrix",
    "edit_distance",
    "exact_match",
    "multi_label_report",
    "regression_report",
    "sequence_report",
    "span_f1",
    "token_error_rate",
    "translation_report",
]
