"""How an exported model is loaded: a kind of task is a class here."""

from os import PathLike
from pathlib import Path

from keras_elmo.runtime.exported_model import ExportedModel
from keras_elmo.runtime.exported_pairs import ExportedPairClassifier, ExportedPairRegressor
from keras_elmo.runtime.exported_questions import ExportedAnswerer
from keras_elmo.runtime.exported_sequences import ExportedSeq2Seq
from keras_elmo.runtime.exported_tags import ExportedJointTagger, ExportedTagger
from keras_elmo.runtime.exported_texts import ExportedClassifier, ExportedRegressor
from keras_elmo.runtime.manifest import check_files, read_manifest
from keras_elmo.runtime.network import Network

_MODELS = (
    ExportedClassifier,
    ExportedRegressor,
    ExportedTagger,
    ExportedJointTagger,
    ExportedPairClassifier,
    ExportedPairRegressor,
    ExportedAnswerer,
    ExportedSeq2Seq,
)


def load_exported(folder: str | PathLike[str]) -> ExportedModel:
    """Load a model that `keras-elmo export` or `task.export(format="onnx")` wrote.

    It predicts with NumPy and ONNX Runtime alone: neither Keras nor a backend is imported.

    Args:
        folder: that was written.

    Returns:
        A model with the task's `predict`, `predict_labels`, `annotate`, `records` and `report`.

    Raises:
        FileNotFoundError: no such folder, or one that holds no exported model.
        ExportError: a file is missing or damaged, of a later version, or does not fit the others.
        ImportError: onnxruntime is not installed.

    Example:
        ```python
        model = keras_elmo.load_exported("out/")
        model.predict_labels(["a joy to watch"])
        ```
    """
    manifest = read_manifest(folder)
    check_files(Path(folder))
    kinds = {kind: model for model in _MODELS for kind in model.kinds}
    return kinds[manifest.kind](manifest, Network(manifest))
