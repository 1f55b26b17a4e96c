"""An exported folder: the graphs of a task, and all that reads their outputs."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from shutil import copyfile
from typing import Any, Protocol, get_args

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo._values import ExportPrecision, check_one_of
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.embedding.engines.onnx_graph import words_model
from keras_elmo.export.task_graph import Elmo, TaskGraph
from keras_elmo.files.new_folder import new_folder
from keras_elmo.runtime.manifest import MANIFEST, MODEL, WORDS, Manifest, write_vocabularies

with needs_extra("onnx", "an export to ONNX needs the package onnx"):
    from onnx import ModelProto, save_model

PRECISIONS = get_args(ExportPrecision)


class Exportable(Protocol):
    """What a task says of itself so that it can be exported."""

    backbone: ElmoBackbone
    preprocessor: ElmoPreprocessor | None

    @property
    def kind(self) -> str:
        """The kind of data that it is for."""
        ...

    def onnx_outputs(self, graph: TaskGraph) -> dict[str, str]:
        """Write its layers into a graph, and name the values that are its outputs."""
        ...

    def onnx_parts(self) -> dict[str, ModelProto]:
        """More graphs that its exported model runs, by the names of their files."""
        ...

    def exported_settings(self) -> dict[str, Any]:
        """What an exported model reads these outputs with, for JSON."""
        ...

    def save_assets(self, folder: Path) -> None:
        """Write what it has beside its weights."""
        ...


def export_onnx(
    task: Exportable,
    folder: str | PathLike[str],
    *,
    precision: str = "float32",
    overwrite: bool = False,
    records: Sequence[Path] = (),
) -> None:
    """Write a task as a folder that `load_exported` reads.

    Args:
        task: it, with a preprocessor.
        folder: to write.
        precision: of ELMo's products: `"float32"`, or `"int8"`, which makes it a quarter as large.
        overwrite: replace an older export.
        records: files of the model folder that are copied, such as how its data were read.

    Raises:
        FileExistsError: there is something, and it may not be replaced.
        ValueError: a task or a precision that cannot be exported.
    """
    check_one_of("precision", precision, PRECISIONS)
    config = task.backbone.get_config()
    if task.preprocessor is None:
        raise ValueError(
            "an exported model reads strings. Received: a task with preprocessor=None. Set one: "
            "`task.preprocessor = keras_elmo.ElmoPreprocessor(…)`."
        )
    if config["stateful"] or config["keep_boundaries"]:
        raise ValueError(
            "an exported ELMo reads each sentence by itself. Received: stateful="
            f"{config['stateful']}, keep_boundaries={config['keep_boundaries']}"
        )
    arrays = {path: np.asarray(x, np.float32) for path, x in arrays_by_path(task.backbone).items()}
    graph = TaskGraph(Elmo(config, arrays, _boundary_vectors(task.backbone)), precision)
    model = graph.finished(task.onnx_outputs(graph))
    words = words_model(config, arrays, precision)
    with new_folder(folder, overwrite=overwrite, signs=(MANIFEST,)) as path:
        _save(words, path / WORDS)
        _save(model, path / MODEL)
        for name, part in task.onnx_parts().items():
            _save(part, path / name)
        preprocessor = write_vocabularies(path, task.preprocessor.get_config())
        task.save_assets(path)
        for record in records:
            copyfile(record, path / record.name)
        Manifest(path, task.kind, precision, task.exported_settings(), preprocessor).write()


def _boundary_vectors(backbone: ElmoBackbone) -> np.ndarray:
    from keras import ops

    ids = np.array(backbone.config.boundary_ids(), np.int32)
    return np.asarray(ops.convert_to_numpy(backbone.word_layer(ids)), np.float32)


def _save(model: ModelProto, path: Path) -> None:
    save_model(model, path)
