"""PyTorch's files are read as `torch.load` reads them, and a hostile one does nothing at all."""

import pickle
import struct
import tracemalloc

import numpy as np
import pytest
import torch_file_support
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.weights import WeightsError
from keras_elmo.weights.formats.torch_file import list_tensors

CONTAINERS = [torch_file_support.write_zip, torch_file_support.write_sequence]
A, B = np.arange(6, dtype="f4").reshape(2, 3), np.arange(4, dtype="i8")


@pytest.fixture(params=CONTAINERS, ids=["zip", "sequence"])
def container(request):
    return request.param


def error_of(path):
    with pytest.raises(WeightsError) as caught:
        list_tensors(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_reads_every_container(tmp_path, container):
    arrays = {"a.weight": A, "b": B, "half": A.astype("f2"), "scalar": np.array(3.0, "f8")}
    torch_file_support.write(tmp_path / "w.th", arrays, container)
    found = list_tensors(tmp_path / "w.th")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        whole = found[name][:] if array.ndim else found[name][()]
        np.testing.assert_array_equal(whole, array)
    np.testing.assert_array_equal(found["a.weight"][1:], A[1:])


@pytest.mark.portable
def test_agrees_with_torch(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch's own files need PyTorch")
    big = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
    module = torch.nn.LSTM(3, 4)
    state = {
        "view": big[1:, ::2],
        "transposed": big.permute(2, 0, 1),
        "shared": big,
        "half": big.half(),
        "long": torch.arange(3),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "inner": module.state_dict(),
    }
    for new in (True, False):
        torch.save(state, tmp_path / "w.th", _use_new_zipfile_serialization=new)
        expected = torch.load(tmp_path / "w.th", weights_only=True)
        expected |= {f"inner.{name}": value for name, value in expected.pop("inner").items()}
        found = list_tensors(tmp_path / "w.th")
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name][:], value.detach().numpy())


# === Hostile files ===


class Call:
    """Pickled, a call of `print`; unpickled, it would be made."""

    def __reduce__(self):
        return print, ("called",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_no_code_is_run(tmp_path, container, capsys, protocol):
    container(tmp_path / "w.th", pickle.dumps({"a": Call()}, protocol), {})
    assert "print" in error_of(tmp_path / "w.th") or protocol == 0
    assert not capsys.readouterr().out


def test_other_objects_are_refused(tmp_path, container):
    container(tmp_path / "w.th", b"\x80\x02ctorch\nFloatTensor\n)\x81.", {})
    assert "NEWOBJ" in error_of(tmp_path / "w.th")


def write_one(path, container, **changes):
    items = {"a": torch_file_support.tensor("0", A, **changes)}
    container(path, torch_file_support.state_dict(items), {"0": A})


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": (2, 4)},
        {"shape": (3, 3)},
        {"shape": (2**20, 2**10), "strides": (0, 0)},  # 4 GiB of one number
        {"offset": 1},
        {"size": 7},
        {"size": 2**30, "shape": (2**15, 2**15)},
        {"shape": (-1, 3)},
        {"strides": (-3, 1)},
        {"strides": (3,)},
        {"offset": -1},
    ],
    ids=str,
)
def test_tensors_stay_in_their_storages(tmp_path, container, changes):
    write_one(tmp_path / "w.th", container, **changes)
    error_of(tmp_path / "w.th")


def test_missing_storage(tmp_path, container):
    container(
        tmp_path / "w.th",
        torch_file_support.state_dict({"a": torch_file_support.tensor("0", A)}),
        {},
    )
    error_of(tmp_path / "w.th")


def test_a_dict_in_itself(tmp_path, container):
    loop = b"\x80\x02}q\x00" + torch_file_support.text("a") + b"h\x00s."
    container(tmp_path / "w.th", loop, {})
    assert "at most" in error_of(tmp_path / "w.th")


def test_endless_instructions(tmp_path, container):
    container(tmp_path / "w.th", b"\x80\x02" + b"]" * 1_500_000 + b".", {})
    assert "instructions" in error_of(tmp_path / "w.th")


@pytest.mark.parametrize(
    "instructions",
    [
        b"})" + b"\x85" * 900_000 + b"Ns.",  # a tuple in a tuple in … as the key of a dict
        b"}r\xff\xff\xff\x7f.",  # a place in the memory far away
        b"ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aNsb.",  # attributes of a function
        b"ctorch\nFloatStorage\n}X\x01\x00\x00\x00aNsb.",
        b"ccollections\nOrderedDict\n}X\x01\x00\x00\x00aNsb.",
        b"cos\nsystem\n.",
        b"ctorch\n_utils._rebuild_tensor\n.",
    ],
    ids=["deep", "memory", "function", "storage", "class", "system", "path"],
)
def test_nothing_but_tensors(tmp_path, container, instructions):
    container(tmp_path / "w.th", b"\x80\x02" + instructions, {})
    tracemalloc.start()
    error_of(tmp_path / "w.th")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


@pytest.mark.parametrize("name", [b"os\nsystem", b"torch\nFloatTensor", b"builtins\neval"])
def test_other_names_are_refused_by_name(tmp_path, container, name):
    container(tmp_path / "w.th", b"\x80\x02c" + name + b"\n.", {})
    assert name.decode().replace("\n", ".") in error_of(tmp_path / "w.th")


def test_lying_lengths(tmp_path, container):
    """A text of 4 GB that is not there takes no memory."""
    container(tmp_path / "w.th", b"\x80\x02X" + struct.pack("<I", 2**32 - 1) + b"a", {})
    tracemalloc.start()
    error_of(tmp_path / "w.th")
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_other_files(tmp_path):
    for content in (b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", pickle.dumps([1, 2])):
        (tmp_path / "w.th").write_bytes(content)
        error_of(tmp_path / "w.th")
    with pytest.raises(FileNotFoundError):
        list_tensors(tmp_path / "missing.th")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    for write in CONTAINERS:
        torch_file_support.write(folder / write.__name__, {"a": A, "b": B}, write)
    return [(folder / write.__name__).read_bytes() for write in CONTAINERS]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damage_is_an_error_or_harmless(whole, tmp_path_factory, data):
    """Truncation and changed bytes: an error that names the file, or tensors that can be read."""
    content = bytearray(data.draw(st.sampled_from(whole)))
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    path = tmp_path_factory.getbasetemp() / "fuzzed.th"
    path.write_bytes(content)
    found, told = {}, str(path)
    try:
        found = list_tensors(path)
    except WeightsError as error:
        told = str(error)
    assert str(path) in told
    for array in found.values():
        assert array[...].nbytes <= len(content)


def test_lying_zip_sizes(tmp_path):
    """A member that says it has more bytes than the file is refused before memory is taken."""
    torch_file_support.write(tmp_path / "w.th", {"a": A}, torch_file_support.write_zip)
    content = (tmp_path / "w.th").read_bytes()
    size = struct.pack("<II", A.nbytes, A.nbytes)
    (tmp_path / "w.th").write_bytes(content.replace(size, struct.pack("<II", 2**31, 2**31)))
    error_of(tmp_path / "w.th")
