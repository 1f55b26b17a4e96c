"""`import keras_elmo` is light: no Keras, no backend, and every public name on demand."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import keras_elmo

HEAVY = ("keras", "tensorflow", "jax", "torch", "h5py", "nltk", "matplotlib", "sklearn", "optuna")


def loaded_after(statement: str) -> list[str]:
    """Run a statement in a new Python and return which heavy packages it imported."""
    code = f"{statement}; import sys; print(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_import_loads_nothing_heavy() -> None:
    assert loaded_after("import keras_elmo") == []


def test_dir_lists_the_public_names_without_loading_them() -> None:
    assert loaded_after("import keras_elmo; assert 'ElmoBackbone' in dir(keras_elmo)") == []


def test_command_line_loads_nothing_heavy() -> None:
    assert loaded_after("import keras_elmo.cli") == []


def test_list_presets_needs_no_backend() -> None:
    loaded = loaded_after("import keras_elmo; keras_elmo.list_presets()")
    assert not {"keras", "tensorflow", "jax", "torch"} & set(loaded)


@pytest.mark.portable
@pytest.mark.parametrize("name", keras_elmo.__all__)
def test_every_public_name_loads(name: str) -> None:
    value = getattr(keras_elmo, name)
    assert value is getattr(keras_elmo, name)
    assert name == "__version__" or value.__name__ == name


def test_public_list_is_the_lazy_table() -> None:
    assert sorted(keras_elmo.__all__) == sorted([*keras_elmo._MODULES, "__version__"])


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'keras_elmo' has no attribute 'ElmoTransformer'"):
        keras_elmo.ElmoTransformer  # noqa: B018


def test_version_is_the_projects() -> None:
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    with pyproject.open("rb") as file:
        assert tomllib.load(file)["project"]["version"] == keras_elmo.__version__
