"""The house rule: a module imports only from rooms above its own; inside a room, no cycles."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "keras_elmo"
ROOMS = [
    "_backend",  # not a room but a step before the door: imports nothing of ours
    "text",
    "metrics",
    "weights",
    "layers",
    "elmo",
    "embedding",
    "fine_tuning",
    "tasks",
    "pretraining",
    "search",
    "reports",
    "cli",
]
NUMPY_ONLY = ["text", "metrics", "weights"]
BACKENDS = {"keras", "tensorflow", "jax", "torch"}
READERS = {"keras_elmo.weights.tf_checkpoint": {"tensorflow"}}  # of files, not for computing


def module_name(path: Path) -> str:
    """`src/keras_elmo/text/readers.py` → `keras_elmo.text.readers`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
HOUSE = {name: path for name, path in MODULES.items() if name != "keras_elmo"}


def room_of(module: str) -> str:
    return module.split(".")[1]


def imports_of(module: str) -> Iterator[str]:
    """Yield the full name of everything a module imports, anywhere in its text."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # One dot is the package itself, each further dot one package up.
            ups = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(ups if node.level else []), *filter(None, [node.module])])
            # `from a.b import c` may mean the module a.b.c or the name c in a.b.
            names = [f"{base}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else base for name in names)


def house_imports(module: str) -> list[str]:
    return [name for name in imports_of(module) if name.split(".")[0] == "keras_elmo"]


def test_every_module_stands_in_a_known_room() -> None:
    unknown = [module for module in HOUSE if room_of(module) not in ROOMS]
    assert not unknown, f"give these a room, and the room a place in ROOMS: {unknown}"


@pytest.mark.parametrize("module", HOUSE)
def test_imports_only_from_rooms_above(module: str) -> None:
    allowed = ROOMS[: ROOMS.index(room_of(module)) + 1]
    for name in house_imports(module):
        # `from keras_elmo import ElmoBackbone` would reach any room: only the version is up there.
        if name == "keras_elmo":
            assert imported_from_root(module) <= {"__version__"}, f"{module}: import from the room"
        else:
            assert room_of(name) in allowed, f"{module} imports {name}, which is not above it"


def imported_from_root(module: str) -> set[str]:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "keras_elmo"
        for alias in node.names
        if f"keras_elmo.{alias.name}" not in MODULES
    }


@pytest.mark.parametrize("room", ROOMS)
def test_no_cycles_inside_a_room(room: str) -> None:
    inside = [module for module in HOUSE if room_of(module) == room]
    graph = {
        module: {name for name in house_imports(module) if name in inside and name != module}
        for module in inside
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("module", [m for m in HOUSE if room_of(m) in NUMPY_ONLY])
def test_numpy_rooms_import_no_keras(module: str) -> None:
    found = BACKENDS & {name.split(".")[0] for name in imports_of(module)}
    assert found <= READERS.get(module, set()), f"{module} imports {found}"


@pytest.mark.parametrize("module", MODULES)
def test_no_file_is_longer_than_300_lines(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= 300, f"{MODULES[module]} has {lines} lines: split it"
