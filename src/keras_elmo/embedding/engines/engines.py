"""Which engine computes: by name, or the fastest one that is exact."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from keras_elmo._backend import BackendError, ensure_backend
from keras_elmo._values import check_one_of
from keras_elmo.embedding.engines.engine import ENGINES, PRECISIONS, Engine
from keras_elmo.weights.sources.published import PublishedElmo

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone

_PRECISIONS = {"keras": ("float32", "bfloat16"), "onnx": ("float32", "int8")}


def make_engine(
    elmo: "PublishedElmo | ElmoBackbone", engine: str = "auto", precision: str = "float32"
) -> Engine:
    """Make an engine: see `ElmoEmbedder` for the arguments."""
    loaded = not isinstance(elmo, PublishedElmo)
    engine = choose_engine(engine, precision, loaded=loaded)
    if engine == "onnx":
        from keras_elmo.embedding.engines.onnx_engine import OnnxEngine

        if not loaded:
            elmo = cast(PublishedElmo, elmo)
            return OnnxEngine(elmo.config, elmo.variables, precision)
        from keras_elmo.elmo.variables import arrays_by_path

        elmo = cast("ElmoBackbone", elmo)
        return OnnxEngine(elmo.get_config(), arrays_by_path(elmo), precision)
    ensure_backend()
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.embedding.engines.keras_engine import KerasEngine

    return KerasEngine(elmo if loaded else ElmoBackbone.from_preset(elmo), precision)


def choose_engine(engine: str, precision: str, *, loaded: bool = False) -> str:
    """The engine that a choice comes to.

    Args:
        engine, precision: see `ElmoEmbedder`.
        loaded: whether the ELMo is a backbone. Under `"auto"` it stays with Keras, whose engine
            follows its variables; ONNX Runtime's has a copy of them.

    Raises:
        ValueError: no such engine or precision, or one without the other.
    """
    check_one_of("engine", engine, ENGINES)
    check_one_of("precision", precision, PRECISIONS)
    able = [name for name, known in _PRECISIONS.items() if precision in known]
    if engine == "auto":
        has_onnx = find_spec("onnx") and find_spec("onnxruntime")
        fast = has_onnx and not loaded and _backend() != "tensorflow"
        return able[-1] if fast else able[0]
    if engine not in able:
        raise ValueError(
            f"`precision={precision!r}` needs `engine={able[0]!r}`. Received: engine={engine!r}"
        )
    return engine


def _backend() -> str | None:
    try:
        return ensure_backend()
    except BackendError:  # ONNX Runtime needs none
        return None
