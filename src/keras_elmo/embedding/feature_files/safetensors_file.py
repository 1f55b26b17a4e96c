"""safetensors: the tensors `features` and `offsets`, and what they are as metadata.

The format is a length, a JSON header and the bytes, so it is written here directly: the package
`safetensors` would want every tensor in memory at once.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo.embedding.output.feature_rows import FeatureRows

_TYPES = {np.dtype("<f4"): "F32", np.dtype("<f2"): "F16"}
_ALIGNMENT = 8  # of the first tensor, so that it can be mapped


def write(path: Path, rows: FeatureRows) -> None:
    """Write `features` `(rows, *shape)` and, unless pooled, `offsets` int64 `(sentences + 1,)`."""
    with path.open("wb") as file:
        file.write(_header(rows))
        if not rows.pooled:
            for block in rows.offsets():
                file.write(block.data)
        for block in rows.blocks():
            file.write(block.data)


def _header(rows: FeatureRows) -> bytes:
    """The length of the JSON and the JSON, filled up with spaces."""
    tensors: dict[str, Any] = {"__metadata__": rows.facts}
    begin = 0
    if not rows.pooled:  # first, because 8 bytes each keep what follows aligned
        begin = 8 * (rows.num_sentences + 1)
        tensors["offsets"] = _tensor("I64", [rows.num_sentences + 1], 0, begin)
    end = begin + rows.num_bytes
    tensors["features"] = _tensor(_TYPES[rows.dtype], [rows.num_rows, *rows.shape], begin, end)
    text = json.dumps(tensors, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def _tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
