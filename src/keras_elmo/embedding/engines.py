"""Which engine computes: by name, or the fastest one that is exact."""

from importlib.util import find_spec
from os import PathLike
from typing import TYPE_CHECKING

from keras_elmo._backend import ensure_backend
from keras_elmo.embedding.engine import ENGINES, PRECISIONS, Engine

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone

_PRECISIONS = {"keras": ("float32", "bfloat16"), "onnx": ("float32", "int8")}


def make_engine(
    elmo: "str | PathLike[str] | ElmoBackbone", engine: str = "auto", precision: str = "float32"
) -> Engine:
    """An engine: see `ElmoEmbedder` for the arguments.

    A backbone under `"auto"` stays with Keras, whose engine follows its variables; ONNX Runtime's
    has a copy of them.
    """
    for name, value, allowed in (
        ("engine", engine, ENGINES),
        ("precision", precision, PRECISIONS),
    ):
        if value not in allowed:
            names = ", ".join(map(repr, allowed))
            raise ValueError(f"`{name}` must be one of {names}. Received: {value!r}")
    is_preset = isinstance(elmo, str | PathLike)
    if engine == "auto":
        engine = _automatic(precision, is_preset)
    if precision not in _PRECISIONS[engine]:
        others = [name for name, known in _PRECISIONS.items() if precision in known]
        raise ValueError(
            f"`precision={precision!r}` needs `engine={others[0]!r}`. Received: engine={engine!r}"
        )
    if engine == "onnx":
        from keras_elmo.embedding.onnx_engine import OnnxEngine

        if not is_preset:
            from keras_elmo.elmo.variables import arrays_by_path

            return OnnxEngine(elmo.get_config(), arrays_by_path(elmo), precision)
        from keras_elmo.weights.keras_file import load_preset

        return OnnxEngine(*load_preset(elmo), precision)
    ensure_backend()
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.embedding.keras_engine import KerasEngine

    return KerasEngine(ElmoBackbone.from_preset(elmo) if is_preset else elmo, precision)


def _automatic(precision: str, is_preset: bool) -> str:
    exact = [name for name, known in _PRECISIONS.items() if precision in known]
    if len(exact) == 1:
        return exact[0]
    if not is_preset:
        return "keras"
    has_onnx = find_spec("onnx") and find_spec("onnxruntime")
    return "onnx" if has_onnx and ensure_backend() != "tensorflow" else "keras"
