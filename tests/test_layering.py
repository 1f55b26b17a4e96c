"""The house rule: a module imports only from rooms below its own; inside a room, no cycles."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "keras_elmo"
ROOMS = [  # from the lowest to the highest
    "_version",  # not rooms but steps before the door: they import nothing of ours
    "_backend",
    "_extras",
    "_values",
    "_processes",
    "files",
    "text",
    "metrics",
    "data",
    "runtime",
    "layers",
    "weights",
    "elmo",
    "fine_tuning",
    "embedding",
    "batching",
    "training",
    "export",
    "tasks",
    "pretraining",
    "workflows",
    "search",
    "reports",
    "cli",
]
NUMPY_ONLY = ["files", "text", "metrics", "data", "runtime", "weights"]
BACKENDS = {"keras", "tensorflow", "jax", "torch"}
READERS = {
    "keras_elmo.weights.formats.tf_checkpoint": {"tensorflow"}
}  # of files, not for computing


def module_name(path: Path) -> str:
    """`src/keras_elmo/data/tables.py` → `keras_elmo.data.readers.tables`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
HOUSE = {name: path for name, path in MODULES.items() if name != "keras_elmo"}


def room_of(module: str) -> str:
    return module.split(".")[1]


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports_of(module: str) -> Iterator[str]:
    """Yield the full name of everything a module imports, anywhere in its text."""
    is_package = MODULES[module].name == "__init__.py"
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree_of(module)):
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


def reaches_up(module: str) -> Iterator[str]:
    """Yield what a module imports from the root, or from a room that is not below its own."""
    allowed = ROOMS[: ROOMS.index(room_of(module)) + 1]
    for name in house_imports(module):
        # `from keras_elmo import ElmoBackbone` would reach any room.
        if name == "keras_elmo" or room_of(name) not in allowed:
            yield name


def test_imports_only_from_rooms_below() -> None:
    unknown = [module for module in HOUSE if room_of(module) not in ROOMS]
    assert not unknown, f"give these a room, and the room a place in ROOMS: {unknown}"
    found = {module: names for module in HOUSE if (names := list(reaches_up(module)))}
    assert not found, f"these import what is not below them: {found}"


def test_no_cycles_inside_a_room() -> None:
    graph = {
        module: {
            name
            for name in house_imports(module)
            if name in HOUSE and name != module and room_of(name) == room_of(module)
        }
        for module in HOUSE
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"import cycle: {' → '.join(error.args[1])}") from error


def test_numpy_rooms_import_no_keras() -> None:
    for module in (module for module in HOUSE if room_of(module) in NUMPY_ONLY):
        found = BACKENDS & {name.split(".")[0] for name in imports_of(module)}
        assert found <= READERS.get(module, set()), f"{module} imports {found}"


def asked_types(module: str) -> Iterator[str]:
    """Yield the names of the classes that `isinstance` and `issubclass` are asked about."""
    calls = [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call)]
    for call in calls:
        if getattr(call.func, "id", None) in ("isinstance", "issubclass"):
            parts = ast.walk(call.args[1])
            yield from (getattr(part, "id", None) or getattr(part, "attr", "") for part in parts)


def test_nobody_outside_asks_which_task_it_is() -> None:
    classes = {
        node.name
        for module in HOUSE
        if room_of(module) == "tasks"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ClassDef)
    }
    assert {"ElmoTask", "ElmoTextClassifier", "TagHead"} <= classes
    for module in (module for module in HOUSE if room_of(module) != "tasks"):
        found = classes.intersection(asked_types(module))
        assert not found, f"{module} asks for {found}: let the task say what is wanted of it"


def test_no_file_is_two_things() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES.values()}
    assert not (long := {path: n for path, n in lines.items() if n > 400}), f"split these: {long}"
