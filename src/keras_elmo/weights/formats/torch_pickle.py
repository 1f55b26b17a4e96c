"""The pickles inside PyTorch's files: named tensors, and nothing else.

Python's own unpickler reads them, with two doors closed. Only instructions that make plain values
are allowed, so that memory and depth stay bounded; and of all names in a file only those of
PyTorch's storages and of the functions that make its tensors are known, which stand for functions
here. No name of a file is ever imported.
"""

import io
import pickle
import pickletools
from collections import OrderedDict
from mmap import mmap
from typing import IO, Any, NamedTuple, cast

from keras_elmo.weights.errors import WeightsError

# Storage class → NumPy's name of its type; bfloat16 has none.
STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "<i1",
    "ByteStorage": "<u1",
    "BoolStorage": "?",
}
_TUPLES = {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
_PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
_ALLOWED = {
    *("PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE"),
    *("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "BINFLOAT", "FLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "UNICODE", "BINSTRING", "SHORT_BINSTRING", "STRING"),
    *("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "SETITEM", "SETITEMS", "APPEND", "APPENDS"),
    *("MEMOIZE", "GET", "BINGET", "LONG_BINGET", *_TUPLES, *_PUTS),
    *("GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "BINPERSID"),
}
_MOST_INSTRUCTIONS = 1_000_000  # a full-size ELMo takes 2,000
_MOST_TUPLES = 20_000  # which Python hashes one inside the other, on the stack of the processor


class Tensor(NamedTuple):
    """A view of a storage: `storage_size` elements of type `dtype`, seen from `offset` on."""

    storage: str
    dtype: str
    storage_size: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_pickle(stream: IO[bytes] | mmap, where: str) -> Any:
    """Read one pickle from where the stream stands to its end.

    Args:
        stream: one that takes no memory for bytes that are not there, whatever length is asked for.
        where: its name for error messages.

    Returns:
        Dicts, lists, tuples, strings, numbers and
        [`Tensor`][keras_elmo.weights.formats.torch_pickle.Tensor].

    Raises:
        WeightsError: it is damaged, or does anything but hold tensors.
    """
    begin = stream.tell()
    try:
        _check_instructions(stream, where)
        end = stream.tell()
        stream.seek(begin)
        return _Unpickler(stream.read(end - begin), where).load()
    except WeightsError:
        raise
    except (
        *(ValueError, LookupError, TypeError, AttributeError, OverflowError, MemoryError),
        *(RecursionError, EOFError, pickle.UnpicklingError),
    ) as error:
        raise WeightsError(
            f"{where}: must be a whole pickle of tensors. Received: a truncated or damaged one "
            f"({error or type(error).__name__}). Download the file anew."
        ) from error


def _check_instructions(stream: IO[bytes] | mmap, where: str) -> None:
    tuples = 0
    for number, (opcode, argument, _) in enumerate(pickletools.genops(cast("IO[bytes]", stream))):
        if opcode.name not in _ALLOWED:
            raise _refusal(where, f"the instruction {opcode.name}")
        tuples += opcode.name in _TUPLES
        if number == _MOST_INSTRUCTIONS or tuples > _MOST_TUPLES:
            raise ValueError(f"more than {number:,} instructions, {tuples:,} of them for tuples")
        if opcode.name in _PUTS and (argument or 0) > number:  # takes memory up to there
            raise ValueError(f"a place {argument:,} in the memory")


class _StorageType(NamedTuple):
    dtype: str


class _Storage(NamedTuple):
    key: str
    dtype: str
    size: int


class _Function(NamedTuple):
    """A function of PyTorch's; immutable, because a pickle can set attributes."""

    name: str

    def __call__(self, *arguments: Any) -> Tensor:
        return _parameter(*arguments) if self.name == "_rebuild_parameter" else _tensor(*arguments)


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, where: str) -> None:
        super().__init__(io.BytesIO(content), fix_imports=False)
        self._where = where

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in STORAGES:
            return _StorageType(STORAGES[name])
        if module == "torch._utils" and name in _FUNCTIONS:
            return _Function(name)
        raise _refusal(self._where, f"{module}.{name}"[:80])

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage, key, _device, size, *_view = pid
        if kind != "storage" or not isinstance(storage, _StorageType):
            raise _refusal(self._where, f"a reference to {pid!r:.80}")
        return _Storage(str(key), storage.dtype, size)


_FUNCTIONS = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    if not isinstance(storage, _Storage):
        raise TypeError(f"a tensor of {storage!r:.80}")
    numbers = (storage.size, offset, *shape, *strides)
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise ValueError(f"a tensor of {numbers!r:.80}")
    return Tensor(*storage, offset, tuple(shape), tuple(strides))


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"a parameter made of {tensor!r:.80}")
    return tensor


def _refusal(where: str, received: str) -> WeightsError:
    return WeightsError(
        f"{where}: must hold named tensors and nothing else. Received: {received}. Such a file "
        "could run code of strangers, so it is not read. Save the `state_dict()` of its model "
        "instead."
    )
