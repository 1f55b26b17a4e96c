"""PyTorch's files, written byte by byte: whole ones, and such as PyTorch would never write."""

import pickle
import struct
import zipfile

import numpy as np

from keras_elmo.weights.formats.allennlp import TABLE
from keras_elmo.weights.shapes import expected_shapes

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {"f4": "FloatStorage", "f2": "HalfStorage", "f8": "DoubleStorage", "i8": "LongStorage"}


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def numbers(values):
    return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"


def tensor(key, array, *, shape=None, strides=None, offset=0, size=None):
    """Instructions that make a tensor of the storage `key`."""
    shape = array.shape if shape is None else shape
    strides = [step // array.itemsize for step in array.strides] if strides is None else strides
    kind = STORAGES[array.dtype.str[1:]].encode()
    size = array.size if size is None else size
    storage = b"(" + text("storage") + b"ctorch\n" + kind + b"\n" + text(key) + text("cpu")
    storage += b"J" + struct.pack("<i", size) + b"tQ"
    arguments = storage + b"J" + struct.pack("<i", offset) + numbers(shape) + numbers(strides)
    arguments += b"\x89" + b"ccollections\nOrderedDict\n)R"  # requires no gradient, has no hooks
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"tR"


def state_dict(items):
    """The pickle of an OrderedDict of instructions by name."""
    return (
        b"\x80\x02ccollections\nOrderedDict\n)R("
        + b"".join(text(name) + instructions for name, instructions in items.items())
        + b"u."
    )


def write_zip(path, content, storages, folder="archive"):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{folder}/data.pkl", content)
        for key, array in storages.items():
            file.writestr(f"{folder}/data/{key}", array.tobytes())
        file.writestr(f"{folder}/version", "3\n")


def write_sequence(path, content, storages):
    parts = [pickle.dumps(value, 2) for value in (MAGIC, 1001, {"little_endian": True})]
    parts += [content, pickle.dumps(list(storages), 2)]
    for array in storages.values():
        parts += [struct.pack("<q", array.size), array.tobytes()]
    path.write_bytes(b"".join(parts))


def write(path, arrays, container):
    """Write arrays by name, each in a storage of its own."""
    storages = {str(i): np.ascontiguousarray(array) for i, array in enumerate(arrays.values())}
    items = {
        name: tensor(str(i), np.asarray(array)) for i, (name, array) in enumerate(arrays.items())
    }
    container(path, state_dict(items), storages)


def allennlp_state(config, variables, prefix):
    """The tensors of an ELMo as AllenNLP names them, behind `prefix`."""
    state = {}

    def create(key, shape):
        state[prefix + key] = np.zeros(shape, "f4")
        return state[prefix + key]

    TABLE.layout(expected_shapes(config)).save(variables, create)
    return state
