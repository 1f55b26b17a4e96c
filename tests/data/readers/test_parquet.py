"""Parquet: what was written as a table is read as JSON Lines would be, and rows are named."""

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import DataError
from keras_elmo.data.roles import PAIR_COLUMNS
from tests.data.reading_support import read, texts

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
pq = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")

some = st.text("aé #", min_size=1, max_size=5).filter(str.strip)
words = st.lists(st.text("aé#", min_size=1, max_size=3), min_size=1, max_size=3)
records = st.lists(
    st.builds(
        lambda text, label, several, pairs: {
            "text": text,
            "label": label,
            "several": several,
            "the.words": [word for word, _ in pairs],  # a dot is also how nested columns are named
            "tags": [tag for _, tag in pairs],
        },
        some,
        st.integers(0, 3),
        st.lists(st.sampled_from(["x", "y"]), max_size=2),
        st.lists(st.tuples(st.text("aé#", min_size=1), st.sampled_from(["O", "B-X"])), min_size=1),
    ),
    min_size=1,
    max_size=5,
)


@given(records)
@settings(max_examples=30, deadline=None)
def test_as_json_lines(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("parquet")
    (folder / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    pq.write_table(pa.Table.from_pylist(records, _schema()), folder / "a.parquet")
    for columns in (
        {},
        {"label": "several", "task": "multi-label"},
        {"text": "the.words", "label": "label"},
        {"text": "the.words", "label": "tags"},
        {"text": "the.words", "label": "tags,label"},
        {"text": "text", "label": "text", "task": "seq2seq"},
    ):
        found, expected = (
            read(folder / f"a.{ending}", **columns) for ending in ("parquet", "jsonl")
        )
        for field in ("kind", "texts", "labels", "lines"):
            assert getattr(found, field) == getattr(expected, field)
    assert texts(folder / "a.parquet") == [record["text"] for record in records]


def _schema():
    several, text = pa.list_(pa.string()), pa.dictionary(pa.int32(), pa.string())
    columns = {"text": text, "label": pa.int8(), "several": several}
    return pa.schema(list((columns | {"the.words": several, "tags": several}).items()))


def test_more_rows_than_are_read_at_once(tmp_path):
    path = tmp_path / "a.parquet"
    rows = {"text": [f"a {i}" for i in range(3000)], "label": ["x", "y"] * 1500}
    pq.write_table(pa.table(rows), path, row_group_size=700)
    data = read(path)
    assert data.texts == rows["text"]
    assert data.lines == list(range(1, 3001))


def test_names_of_classes_that_the_file_notes(tmp_path):
    """Metadata as the hub's `datasets` writes them, of versions before and since 4."""
    classes = {"names": ["O", "B-X"], "_type": "ClassLabel"}
    for listed in ({"feature": classes, "_type": "List"}, [classes]):
        features = {"tokens": {"feature": {"dtype": "string"}}, "tags": listed, "label": classes}
        noted = json.dumps({"info": {"features": features}})
        table = pa.table({"tokens": [["a", "b"]], "tags": [[1, 0]], "label": [1], "n": [1]})
        path = tmp_path / "a.parquet"
        pq.write_table(table.replace_schema_metadata({"huggingface": noted}), path)
        data = read(path, label="tags,label,n")
        assert data.labels == [{"tags": ["B-X", "O"], "label": "B-X", "n": "1"}]
    table = table.set_column(1, "tags", [[[0, -1]]])
    pq.write_table(table.replace_schema_metadata({"huggingface": noted}), path)
    with pytest.raises(DataError, match=r"a.parquet: row 1: a label must be .* from 0 to 1.* -1"):
        read(path, label="tags")


def test_what_cannot_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a", None], "label": ["x", "y"]}), path)
    with pytest.raises(
        DataError, match=r"a.parquet: row 2: 'text' must be a text .* Received: None"
    ):
        read(path)
    with pytest.raises(DataError, match=r"the column must be one of text, label. Received: 'tag'"):
        read(path, label="tag")
    content = path.read_bytes()
    for damaged in (b"text,label\n", content[:-9], content[:20] + b"\0" * 60 + content[80:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"a.parquet: no Parquet file, or a damaged one"):
            read(path)
    pq.write_table(pa.table({"text": pa.array([], pa.string()), "label": []}), path)
    with pytest.raises(DataError, match="holds no rows"):
        read(path)
    with pytest.raises(FileNotFoundError, match=r"no such file. Received: .*none.parquet"):
        read(tmp_path / "none.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # importing it fails now
    monkeypatch.delitem(sys.modules, "keras_elmo.data.readers.parquet")
    with pytest.raises(ImportError, match=r'pip install "keras-elmo\[parquet\]"'):
        read(path)


@pytest.mark.parametrize("names", PAIR_COLUMNS, ids="-".join)
def test_pairs_of_texts_are_found_by_their_columns(tmp_path, names):
    rows = [
        dict(zip((*names, "label"), row, strict=True)) for row in [("a", "b", 1), ("c", "d", 0)]
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "pairs.parquet")
    data = read(tmp_path / "pairs.parquet", task="pair")
    assert data.texts == [("a", "b"), ("c", "d")]
    assert data.labels == ["1", "0"]
    with pytest.raises(DataError, match=r"pairs\.parquet: .*'stars'"):
        read(tmp_path / "pairs.parquet", task="pair", text=",".join(names), label="stars")
    pq.write_table(pa.Table.from_pylist([{"one": "a", "label": 1}]), tmp_path / "other.parquet")
    with pytest.raises(DataError, match="the two texts stand in columns named text_a and text_b"):
        read(tmp_path / "other.parquet", task="pair")
