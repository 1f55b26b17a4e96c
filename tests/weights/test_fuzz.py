"""Damaged files of every format: an error that names the file, or an ELMo that can be read.

Bytes are changed or cut at random. Nothing else may come of it: no other exception, no crash, no
memory beyond what the file could hold.
"""

import json
import zipfile

import numpy as np
import pytest
import torch_file_support
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import random_variables, small_config

from keras_elmo.weights import WeightsError, save_bilm_tf
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats.bilm_tf_checkpoint import TABLE
from keras_elmo.weights.formats.safetensors_file import save_safetensors
from keras_elmo.weights.options import options_from_config

BOUNDED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return whole files by kind: path and content."""
    folder, config = tmp_path_factory.mktemp("whole"), small_config()
    variables = random_variables(config)
    save_bilm_tf(config, variables, folder / "weights.hdf5", folder / "options.json")
    with zipfile.ZipFile(folder / "elmo.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "weights.hdf5", "weights.hdf5")
        archive.write(folder / "options.json", "options.json")
    save_safetensors(load_elmo(folder / "weights.hdf5"), folder / "elmo.safetensors")

    state = torch_file_support.allennlp_state(config, variables, "_elmo_lstm.")
    for name in ("write_zip", "write_sequence"):
        torch_file_support.write(folder / f"{name}.th", state, getattr(torch_file_support, name))
    kinds = ("weights.hdf5", "elmo.zip", "elmo.safetensors", "write_zip.th", "write_sequence.th")
    return {kind: (folder / kind).read_bytes() for kind in kinds}, folder


@pytest.mark.parametrize(
    "kind", ["weights.hdf5", "elmo.zip", "elmo.safetensors", "write_zip.th", "write_sequence.th"]
)
@BOUNDED
@given(data=st.data())
def test_damaged_file(files, kind, data):
    contents, folder = files
    content = bytearray(contents[kind])
    # Structure stands at the beginning and at the end; numbers, in between, matter less.
    near = st.integers(0, 2000) | st.integers(len(content) - 2000, len(content) - 1)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(near | st.integers(0, len(content) - 1))
        content[max(0, min(place, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.just(len(content)) | st.integers(0, len(content))) :]
    path = folder / f"fuzzed-{kind}"
    path.write_bytes(content)
    try:
        elmo = load_elmo(path, options=folder / "options.json")
        read = {name: array.nbytes for name, array in elmo.variables.items()}
    except WeightsError as error:
        read, told = {}, str(error)
        assert path.name in told
    assert sum(read.values()) <= 4 * len(contents[kind]) + 2**16


@BOUNDED
@given(data=st.data())
def test_damaged_options(files, data):
    _, folder = files
    text = (folder / "options.json").read_text()
    options = json.loads(text)
    section = data.draw(st.sampled_from(sorted(options)))
    if isinstance(options[section], dict):
        name = data.draw(st.sampled_from(sorted(options[section])))
        options[section][name] = data.draw(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(max_size=5)
            | st.lists(st.integers(), max_size=3)
            | st.just(2**62)
        )
    path = folder / "fuzzed.json"
    path.write_text(json.dumps(options))
    told = path.name
    try:
        load_elmo(folder / "weights.hdf5", options=path)
    except WeightsError as error:
        told = str(error)
    assert path.name in told


@pytest.mark.parametrize("end", [".index", ".data-00000-of-00001"])
@BOUNDED
@given(data=st.data())
def test_damaged_checkpoint(tmp_path_factory, end, data):
    """Those of TF-Hub's modules are the same files."""
    tf = pytest.importorskip("tensorflow")
    folder = tmp_path_factory.getbasetemp() / "checkpoint"
    prefix = folder / "model.ckpt-1"
    if not folder.exists():
        folder.mkdir()
        config = small_config()
        (folder / "options.json").write_text(json.dumps(options_from_config(config)))
        softmax = {"softmax/kernel": np.ones((5, 4), "f4"), "softmax/bias": np.ones(5, "f4")}
        variables, arrays = random_variables(config) | softmax, {}
        shapes = {path: array.shape for path, array in variables.items()}
        TABLE.layout(shapes).save(
            variables, lambda key, shape: arrays.setdefault(key, np.zeros(shape, "f4"))
        )
        tf.raw_ops.SaveV2(
            prefix=str(prefix),
            tensor_names=list(arrays),
            shape_and_slices=[""] * len(arrays),
            tensors=list(arrays.values()),
        )
        for file in list(folder.glob("*.*-*")):
            file.with_name(f"whole-{file.name}").write_bytes(file.read_bytes())
    for file in folder.glob("whole-*"):
        content = bytearray(file.read_bytes())
        if file.name.endswith(end):
            for _ in range(data.draw(st.integers(0, 3))):
                content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
                    st.integers(0, 255)
                )
            del content[data.draw(st.just(len(content)) | st.integers(0, len(content))) :]
        file.with_name(file.name.removeprefix("whole-")).write_bytes(content)
    told = str(prefix)
    try:
        dict(load_elmo(prefix).variables)
    except WeightsError as error:
        told = str(error)
    assert str(prefix) in told
