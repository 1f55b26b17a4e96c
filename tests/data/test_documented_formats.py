"""The table of formats in docs/data.md: each example is read, and becomes what stands there."""

import gzip
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.data.reading_support import read, write

PAGE = Path(__file__).parents[2] / "docs" / "data.md"
NAMES = {"format": "file_format"}


def documented():
    """Name of the format, its file, example, options, and what the first row becomes."""
    rows = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.removeprefix("|").split("|")[:-1]]
        if len(cells) == 5 and cells[0] not in ("Format", "---") and "→" in cells[4]:
            rows.append(pytest.param(*cells[1:], id=cells[0]))
    return rows


def options(said):
    """`--text 1 --no-quotes` as arguments."""
    found, words = {}, shlex.split(said)
    while words:
        name = words.pop(0).removeprefix("--")
        if name.startswith("no-"):
            found[name.removeprefix("no-")] = False
        else:
            found[NAMES.get(name, name).replace("-", "_")] = words.pop(0)
    return found


def make(folder, name, example):
    """The file of an example."""
    text = re.sub("⏎ ?", "\n", example).replace("⇥", "\t")
    path = folder / name
    if name.endswith(".gz"):
        return write(path, gzip.compress(text.encode()))
    if name.endswith(".parquet"):
        pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
        pq = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
        pq.write_table(pa.Table.from_pylist(list(map(json.loads, text.splitlines()))), path)
        return path
    if name.endswith(".ann"):
        write(path.with_suffix(".txt"), "Ada left.")
    encoding = next((e for e in ("utf16", "latin1") if e in name), "utf-8")
    return write(path, text.encode(encoding))


def test_the_table_is_found():
    assert len(documented()) > 40


@pytest.mark.parametrize(("name", "example", "said", "becomes"), documented())
def test_examples_are_read_as_documented(tmp_path, name, example, said, becomes):
    data = read(make(tmp_path, name, example), **options(said))
    kind, first = becomes.split(": ", 1)
    x, y = map(json.loads, first.split(" → "))
    assert data.kind == kind
    found = data.texts[0], data.labels[0]
    assert json.loads(json.dumps(found)) == [x, y]
