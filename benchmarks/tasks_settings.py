"""Heads and training of `tasks`, by set; chosen on the development sets."""

from keras_elmo.fine_tuning.recipes import Recipe

WITH_ELMO = Recipe("all", learning_rate=3e-4, elmo_learning_rate=1e-4)  # for a head that is trained
_SHARED = {
    "mix": "scalar",
    "mix_layer_norm": True,  # untrained and pre-trained features on the same scale
    "word_embedding_dim": 128,
}
_TAGS = {
    **_SHARED,
    "word_embedding_dropout": 0.3,
    "word_shape_dim": 16,
    "mix_at_output": True,
    "lstm_units": 128,
    "elmo_dropout": 0.2,
    "dropout": 0.5,
}
_TEXTS = {
    **_SHARED,
    "word_embedding_dropout": 0.4,
    "lstm_units": 64,
    "pooling": "max",
    "elmo_dropout": 0.5,
    "dropout": 0.5,
}
_SLOW = {"learning_rate": 2e-3, "batch_size": 16, "epochs": 25, "patience": 6}
_FAST = {"learning_rate": 2e-3, "batch_size": 32, "epochs": 15, "patience": 4}
_LARGE = {"learning_rate": 4e-3, "batch_size": 64, "epochs": 15, "patience": 4}
_CLASSES = {"learning_rate": 2e-3, "batch_size": 64, "epochs": 30, "patience": 6}

SETTINGS = {
    "wikigold": {"scheme": "BIOES", "head": _TAGS, "training": _SLOW},
    "wnut17": {"scheme": "BIOES", "head": _TAGS, "training": _SLOW},
    "fpb-50agree": {"head": _TEXTS, "training": _CLASSES},
    "sst2": {"head": _TEXTS, "training": _CLASSES},
    "movie-reviews-rt": {"head": _TEXTS, "training": _CLASSES},
    "ud-ewt": {"head": _TAGS, "training": _FAST},
    "conll2000": {"scheme": "BIOES", "head": _TAGS, "training": _FAST},
    # A CRF over the 79 tags of BIO costs a quarter of one over the 157 of BIOES.
    "snips": {"head": _TAGS, "training": _LARGE},
}
