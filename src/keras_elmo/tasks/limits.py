"""What Keras offers and a task refuses, with what to write instead: see `docs/keras.md`."""

from importlib import import_module

import keras

ONNX, SAVED_MODEL = "onnx", "tf_saved_model"


def check_one_device(name: str) -> None:
    """Refuse to build a task inside the scope of a strategy that shares batches out.

    A task weighs tokens and sentences over a whole batch, and its stages have an optimizer each;
    the replicas of `tf.distribute` see parts of a batch, and one optimizer.

    Args:
        name: of the task's class.

    Raises:
        NotImplementedError: there is such a scope.
    """
    if keras.config.backend() != "tensorflow":
        return
    distribute = import_module("tensorflow").distribute
    if distribute.has_strategy():
        strategy = distribute.get_strategy()
        raise NotImplementedError(
            f"`{name}` trains on one device. Received: the scope of {type(strategy).__name__} with "
            f"{strategy.num_replicas_in_sync} replicas. Build it outside of `strategy.scope()`; to "
            "train on several devices, put `keras_elmo.ElmoEmbedding` into a model of your own."
        )


def check_export(name: str, format: str) -> None:  # noqa: A002
    """Refuse a format in which an exported task would be wrong, or no one knows whether it is.

    Args:
        name: of the task's class.
        format: as of Keras's `export`.

    Raises:
        ValueError: it is such a format, or the backend is not TensorFlow.
    """
    backend = keras.config.backend()
    if format == SAVED_MODEL and backend == "tensorflow":
        return
    if format != SAVED_MODEL:
        reason = (
            f"`format` must be {ONNX!r} or {SAVED_MODEL!r}. What Keras writes in others was wrong "
            "at another length of sentence than that of the export (OpenVINO), or is unknown to be "
            f"right. Received: format={format!r}."
        )
    else:
        reason = (
            f"a {name} is a SavedModel on the TensorFlow backend only. Received: the {backend!r} "
            "backend."
        )
    raise ValueError(f"{reason} Write `task.export('folder', format={ONNX!r})`.")
