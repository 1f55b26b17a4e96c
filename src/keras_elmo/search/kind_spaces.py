"""The search space of a kind of task: what every task has, and what only this kind has."""

from collections.abc import Mapping

from keras_elmo.data.datasets import (
    CLASSIFICATION,
    JOINT,
    MULTI_LABEL,
    PAIR,
    PAIR_REGRESSION,
    REGRESSION,
    SEQ2SEQ,
    TAGGING,
    Dataset,
    JointDataset,
)
from keras_elmo.search.space import SPACES, Choice, Float, Space, Spec
from keras_elmo.text.tags import marks_spans

_MIX: dict[str, Spec] = {"mix_layer_norm": Choice(False, True)}
_WORDS: dict[str, Spec] = {**_MIX, "word_embedding_dropout": Float(0.0, 0.5)}
_POOLED: dict[str, Spec] = {"pooling": Choice("max", "mean", "attention", "last")}
_TAGS: dict[str, Spec] = {"mix_at_output": Choice(False, True), "word_shape_dim": Choice(0, 16)}
_SPANS: dict[str, Spec] = {"scheme": Choice("BIO", "BIOES")}
_PAIRS: dict[str, Spec] = {**_POOLED, "cross_attention": Choice(False, True)}
_SEQUENCES: dict[str, Spec] = {
    "decoder_units": Choice(128, 256, 512),
    "attention": Choice("luong", "bahdanau"),
    "label_smoothing": Float(0.0, 0.2),
}
OF_KINDS: Mapping[str, Space] = {
    CLASSIFICATION: {**_WORDS, **_POOLED},
    MULTI_LABEL: {**_WORDS, **_POOLED},
    REGRESSION: {**_WORDS, **_POOLED},
    PAIR: {**_WORDS, **_PAIRS},
    PAIR_REGRESSION: {**_WORDS, **_PAIRS},
    TAGGING: {**_WORDS, **_TAGS},
    JOINT: {**_WORDS, **_TAGS},
    SEQ2SEQ: {**_MIX, **_SEQUENCES},  # where characters are read, words have no vectors
}


def space_for(dataset: Dataset, name: str = "frozen") -> Space:
    """The space of this name with what matters for a data set.

    Args:
        dataset: what is trained on.
        name: one of `keras_elmo.search.space.SPACES`.
    """
    columns = [dataset]
    if isinstance(dataset, JointDataset):
        columns = [dataset.column(column) for column in dataset.labels[0]]
    tags = [column for column in columns if column.kind == TAGGING]
    space = {**SPACES[name], **OF_KINDS.get(dataset.kind, _WORDS)}
    if len(tags) < len(columns):  # labels of whole sentences
        space |= _POOLED if dataset.kind == JOINT else {}
    if any(marks_spans(sorted(column.found_labels())) for column in tags):
        space |= _SPANS
    return space
