"""The engine that runs on ONNX Runtime: no Keras, a start in a fraction of a second, int8."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.embedding.engines.engine import Block, State, check_encoder, checksum, named_inputs


class OnnxEngine:
    """An [`Engine`][keras_elmo.embedding.engines.engine.Engine] on ONNX Runtime.

    Args:
        config: `ElmoBackbone`'s configuration.
        arrays: the weights by path; they are copied into the session.
        precision: `"float32"`, or `"int8"` products, whose results differ a little with what
            else is in the batch.

    Raises:
        ImportError: onnx or onnxruntime is not installed.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        precision: str = "float32",
    ):
        check_encoder(config)
        check_installed("`engine='onnx'`", "onnx", "onnxruntime")
        from keras_elmo.embedding.engines.onnx_graph import block_model, words_model

        self.config = config
        self.static_shapes = False
        words = (arrays[path] for path in sorted(arrays) if not path.startswith("bilm/"))
        self._version = f"onnx-{precision}-{checksum(words)}"  # the session copies the weights
        self._words = _session(words_model(config, arrays, precision))
        self._block = _session(block_model(config, arrays, precision))

    def word_vectors(self, ids: np.ndarray) -> np.ndarray:
        return self._words.run(None, {"ids": ids})[0]

    def advance(
        self, block: Block, state: State, start: State
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        inputs = named_inputs(block, state, start)
        found = self._block.run(None, inputs)
        return found[: len(found) - len(state)], found[len(found) - len(state) :]

    def words_version(self) -> str:
        return self._version


def check_installed(what: str, *packages: str) -> None:
    """Raise unless packages of the extra `onnx` are there.

    Raises:
        ImportError: one is missing.
    """
    if missing := [name for name in packages if not find_spec(name)]:
        with needs_extra("onnx", f"{what} needs {' and '.join(missing)}"):
            raise ImportError


def _session(model: Any) -> Any:
    with needs_extra("onnx", "the engine needs onnxruntime"):
        import onnxruntime
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # warnings about constants are no news to our users
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
