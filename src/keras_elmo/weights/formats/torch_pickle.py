"""The pickles inside PyTorch's files, read as what they may be and nothing else: named tensors.

Nothing is unpickled. The instructions (listed by Python's own `pickletools`) are followed on plain
dicts, lists, tuples, strings and numbers, and the few functions that PyTorch's tensors are made
with are told apart by name; no name of the file is ever imported or called. Other instructions and
names are refused.
"""

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, cast

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
_LITERALS = {
    *("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "BINFLOAT", "FLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "UNICODE", "BINSTRING", "SHORT_BINSTRING", "STRING"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MOST_INSTRUCTIONS = 1_000_000  # a full-size ELMo takes 2,000


@dataclass(frozen=True)
class Name:
    """A function or class that the pickle names; only its name is ever looked at."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Tensor:
    """A view of a storage: `size` elements of type `dtype`, beginning at `offset`."""

    storage: str
    dtype: str
    storage_size: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_pickle(stream: IO[bytes], where: str) -> Any:
    """Follow one pickle from where the stream stands to its end.

    Returns:
        Dicts, lists, tuples, strings, numbers and
        [`Tensor`][keras_elmo.weights.formats.torch_pickle.Tensor].

    Raises:
        WeightsError: it is damaged, or does anything but hold tensors.
    """
    machine = _Machine(where)
    try:
        instructions = pickletools.genops(cast("IO[bytes]", _Bounded(stream)))
        for number, (opcode, argument, _) in enumerate(instructions):
            if opcode.name == "STOP":
                return machine.stack.pop()
            if number == _MOST_INSTRUCTIONS:
                raise ValueError(f"more than {number:,} instructions")
            machine.do(opcode.name, argument)
    except WeightsError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise WeightsError(
            f"{where}: must be a whole pickle of tensors. Received: a truncated or damaged one "
            f"({error or type(error).__name__}). Download the file anew."
        ) from error
    raise WeightsError(f"{where}: must be a whole pickle of tensors. Received: one without an end.")


class _Bounded:
    """A stream that takes no memory for bytes that are not there, whatever length is asked for."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        place = stream.tell()
        self._end = stream.seek(0, io.SEEK_END)
        stream.seek(place)

    def read(self, count: int) -> bytes:
        return self._stream.read(min(count, self._end - self._stream.tell()))

    def readline(self) -> bytes:
        return self._stream.readline()

    def tell(self) -> int:
        return self._stream.tell()


class _Machine:
    """The stack and the memory of a pickle."""

    _METHODS = {
        "MARK": "_mark",
        "TUPLE": "_tuple",
        "SETITEM": "_setitem",
        "SETITEMS": "_setitems",
        "APPEND": "_append",
        "APPENDS": "_appends",
        "PUT": "_put",
        "BINPUT": "_put",
        "LONG_BINPUT": "_put",
        "MEMOIZE": "_memoize",
        "GET": "_get",
        "BINGET": "_get",
        "LONG_BINGET": "_get",
        "GLOBAL": "_global",
        "STACK_GLOBAL": "_stack_global",
        "BUILD": "_build",
        "BINPERSID": "_persistent_id",
        "REDUCE": "_reduce",
    }

    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[Any] = []
        self._marks: list[int] = []
        self._memory: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _LITERALS:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            stack.append(tuple(self._pop(_TUPLES[name])))
        elif name in self._METHODS:
            getattr(self, self._METHODS[name])(argument)
        elif name not in ("PROTO", "FRAME"):
            raise self._refusal(f"the instruction {name}")

    def _refusal(self, received: str) -> WeightsError:
        return WeightsError(
            f"{self.where}: must hold named tensors and nothing else. Received: {received}. Such a "
            "file could run code of strangers, so it is not read. Save the `state_dict()` of its "
            "model instead."
        )

    def _pop(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise IndexError("a value is missing")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def _pop_mark(self) -> list[Any]:
        return self._pop(len(self.stack) - self._marks.pop())

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self.stack))

    def _tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._pop_mark()))

    def _setitem(self, _: Any) -> None:
        key, value = self._pop(2)
        self._dict()[key] = value

    def _setitems(self, _: Any) -> None:
        items = self._pop_mark()
        self._dict().update(zip(items[::2], items[1::2], strict=True))

    def _append(self, _: Any) -> None:
        (value,) = self._pop(1)
        self.stack[-1].append(value)

    def _appends(self, _: Any) -> None:
        items = self._pop_mark()
        self.stack[-1].extend(items)

    def _dict(self) -> dict[Any, Any]:
        if not isinstance(self.stack[-1], dict):
            raise TypeError("items for what is no dict")
        return self.stack[-1]

    def _put(self, place: int) -> None:
        self._memory[place] = self.stack[-1]

    def _memoize(self, _: Any) -> None:
        self._memory[len(self._memory)] = self.stack[-1]

    def _get(self, place: int) -> None:
        self.stack.append(self._memory[place])

    def _global(self, names: str) -> None:
        self.stack.append(Name(*names.split(" ", 1)))

    def _stack_global(self, _: Any) -> None:
        self.stack.append(Name(*self._pop(2)))

    def _build(self, _: Any) -> None:
        self._pop(1)  # the attributes of an OrderedDict: a state_dict's versions of modules
        self._dict()

    def _persistent_id(self, _: Any) -> None:
        (identity,) = self._pop(1)
        kind, storage, key, _device, size, *_view = identity
        if kind != "storage" or not isinstance(storage, Name):
            raise self._refusal(f"a reference to {identity!r:.80}")
        if storage.module != "torch" or storage.name not in STORAGES:
            raise self._refusal(f"a storage {storage}")
        self.stack.append((str(key), STORAGES[storage.name], size))

    def _reduce(self, _: Any) -> None:
        function, arguments = self._pop(2)
        maker = _MAKERS.get(str(function)) if isinstance(function, Name) else None
        if maker is None:
            raise self._refusal(f"a call of {function!s:.80}")
        self.stack.append(maker(*arguments))


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    key, dtype, size = storage
    numbers = (size, offset, *shape, *strides)
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise ValueError(f"a tensor of {numbers!r:.80}")
    return Tensor(key, dtype, size, offset, tuple(shape), tuple(strides))


def _parameter(tensor: Any, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(f"a parameter made of {tensor!r:.80}")
    return tensor


_MAKERS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": lambda items=(): dict(items),
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
}
