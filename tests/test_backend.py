"""The choice of a Keras backend, in new processes where some backends are hidden."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Hides packages from `find_spec`, then prints the choice (stdout) and any notice (stderr).
SCRIPT = """
import importlib.util, os, sys
from importlib.machinery import ModuleSpec
present = sys.argv[1].split()
def find_spec(name, package=None):
    return ModuleSpec(name, None, origin="here") if name in present else None
importlib.util.find_spec = find_spec
from keras_elmo._backend import ensure_backend
print(ensure_backend(), ensure_backend(), os.environ.get("KERAS_BACKEND"))
"""


def choose(home: Path, present: str, asked: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `ensure_backend` twice where only the packages named in `present` are installed."""
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(home)} | ({"KERAS_BACKEND": asked} if asked else {})
    command = [sys.executable, "-c", SCRIPT, present]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def configure(home: Path, backend: str) -> None:
    (home / "keras.json").write_text(json.dumps({"backend": backend}), encoding="utf-8")


def test_tensorflow_is_the_default(tmp_path: Path) -> None:
    done = choose(tmp_path, "jax torch tensorflow")
    assert done.stdout.split() == ["tensorflow", "tensorflow", "None"]
    assert done.stderr == ""


@pytest.mark.parametrize(("present", "chosen"), [("torch", "torch"), ("torch jax", "jax")])
def test_without_tensorflow_another_is_taken_and_said_once(
    tmp_path: Path, present: str, chosen: str
) -> None:
    configure(tmp_path, "tensorflow")  # as Keras writes it by itself: not a choice
    done = choose(tmp_path, present)
    assert done.stdout.split() == [chosen] * 3
    assert done.stderr.count("TensorFlow, the default Keras backend, is not installed") == 1


def test_environment_decides(tmp_path: Path) -> None:
    configure(tmp_path, "jax")
    done = choose(tmp_path, "tensorflow jax torch", asked="torch")
    assert done.stdout.split() == ["torch"] * 3
    assert done.stderr == ""


def test_keras_json_decides(tmp_path: Path) -> None:
    configure(tmp_path, "jax")
    assert choose(tmp_path, "tensorflow jax").stdout.split() == ["jax", "jax", "None"]


def test_unreadable_keras_json_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text("not JSON", encoding="utf-8")
    assert choose(tmp_path, "tensorflow").stdout.split()[0] == "tensorflow"


def test_none_installed_names_the_commands(tmp_path: Path) -> None:
    done = choose(tmp_path, "")
    assert done.returncode != 0
    for name in ("tensorflow", "jax", "torch"):
        assert f'pip install "keras-elmo[{name}]"' in done.stderr
    assert "Received: installed backends []" in done.stderr


def test_chosen_but_missing_names_command_and_alternative(tmp_path: Path) -> None:
    done = choose(tmp_path, "torch", asked="jax")
    assert done.returncode != 0
    assert 'pip install "keras-elmo[jax]"' in done.stderr
    assert "set KERAS_BACKEND=torch" in done.stderr


def test_unknown_backend_lists_the_allowed(tmp_path: Path) -> None:
    configure(tmp_path, "theano")
    done = choose(tmp_path, "tensorflow")
    assert done.returncode != 0
    assert "one of 'tensorflow', 'jax', 'torch'. Received: 'theano'" in done.stderr
    assert "keras.json" in done.stderr


def test_a_folder_of_that_name_is_no_backend(tmp_path: Path) -> None:
    (tmp_path / "openvino").mkdir()  # a namespace package as far as `find_spec` is concerned
    code = "from keras_elmo._backend import _is_installed; print(_is_installed('openvino'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
