"""`embed`, `info` and the group itself."""

import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

TOKENS = "Profit rose sharply .\nHello world\nAda lives in Rome\n"


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text(TOKENS)
    return path


def features(path):
    with h5py.File(path) as file:
        return {name: data[...] for name, data in file.items()}


def test_all_layers_of_published_weights(run, tiny, tokens, tmp_path):
    files = ("--weights", tiny.parent / "weights.hdf5", "--options", tiny.parent / "options.json")
    shown = run("embed", tokens, *files, "--layers", "all", "-o", "out.h5").stderr
    assert "10 tokens" in shown
    found = features(tmp_path / "out.h5")
    assert {name: x.shape for name, x in found.items()} == {
        "0": (3, 4, 8),
        "1": (3, 2, 8),
        "2": (3, 4, 8),
    }
    run("embed", tokens, "--preset", tiny, "--layers", "0,2", "-o", "some.h5")
    some = features(tmp_path / "some.h5")
    for name, x in found.items():
        np.testing.assert_allclose(some[name], x[[0, 2]], atol=1e-6)


def test_stateful_reads_on(run, tiny, tokens, tmp_path):
    arguments = ("embed", tokens, "--preset", tiny, "--layers", "top")
    run(*arguments, "-o", "reset.h5")
    run(*arguments, "--stateful", "--batch-size", "1", "-o", "carried.h5")
    reset, carried = features(tmp_path / "reset.h5"), features(tmp_path / "carried.h5")
    assert carried["0"].shape == (4, 8)  # one layer has no axis, as with AllenNLP
    np.testing.assert_allclose(carried["0"], reset["0"], atol=1e-6)
    assert not np.allclose(carried["1"], reset["1"], atol=1e-6)


def test_info(run, tiny):
    shown = run("info", tiny).stdout
    assert "ELMo biLM layer 2" in shown
    assert "char_filters" in shown
    run("info")
    assert "Received: 'nothing'" in run("info", "nothing", code=1).stderr


def test_help_is_quick_and_has_examples(run):
    for command in ("train", "evaluate", "predict", "embed", "info", "pretrain", "demo"):
        assert f"keras-elmo {command}" in run(command, "--help").stdout
    code = "from keras_elmo.cli import main; main()"
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, check=True)
    assert time.monotonic() - start < 5.0  # far above what it takes, for machines that are busy


def test_help_loads_no_arrays():
    code = "import sys, keras_elmo.cli; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
