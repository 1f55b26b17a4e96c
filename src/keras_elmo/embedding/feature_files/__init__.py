"""Files of features, one module a format, all written from the same rows."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import get_args

from keras_elmo._values import FeatureFormat
from keras_elmo.embedding.output.feature_rows import FeatureRows

HDF5, NPZ, NPY, PARQUET, SAFETENSORS = get_args(FeatureFormat)
_MODULES = {
    HDF5: "hdf5_file",
    NPZ: "npz_file",
    NPY: "npy_file",
    PARQUET: "parquet_file",
    SAFETENSORS: "safetensors_file",
}
_ENDINGS = {".h5": HDF5, ".hdf5": HDF5} | {f".{name}": name for name in _MODULES}
WITH_TOKENS = (PARQUET,)  # the formats that hold the tokens as well


def feature_format(path: Path, to: str | None = None) -> str:
    """The format asked for, else the one that the ending of the name tells.

    Raises:
        ValueError: neither is known.
    """
    if to is None and (to := _ENDINGS.get(path.suffix.lower())) is None:
        raise ValueError(
            f"the ending of the output must be one of {', '.join(_ENDINGS)}, or say the format "
            f"with `--to`. Received: {path.name}"
        )
    if to not in _MODULES:
        raise ValueError(f"a format is one of {', '.join(_MODULES)}. Received: {to!r}")
    return to


def feature_writer(to: str) -> Callable[[Path, FeatureRows], None]:
    """The function that writes all rows to a path, and what belongs to it beside.

    Raises:
        ImportError: the format needs an extra.
    """
    return import_module(f"{__name__}.{_MODULES[to]}").write


def output_files(path: Path, to: str, *, pooled: bool) -> list[Path]:
    """The files that make an output, the one that was asked for last."""
    return [offsets_file(path), path] if to == NPY and not pooled else [path]


def offsets_file(path: Path) -> Path:
    """Where a .npy file, which holds one array, has its second: `a.npy`, `a.offsets.npy`."""
    return path.with_name(f"{path.stem}.offsets.npy")
