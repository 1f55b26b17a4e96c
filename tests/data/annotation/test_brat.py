"""brat's pairs of files: a record a line, its spans moved, and what cannot be used is named."""

from collections import Counter

import pytest

from keras_elmo.data.annotation.brat import brat_records
from keras_elmo.files.lines import DataError


def pair(folder, name, text, *marks):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.ann").write_bytes("".join(f"{mark}\n" for mark in marks).encode())


def test_a_document_is_a_record_a_line(tmp_path):
    text = "Sony formed a venture.\r\n\r\nÉva 😀 met Ada in Rome.\nThe end"
    place = text.index
    pair(
        tmp_path / "sub",
        "b",
        text,
        f"T3\tLOC {place('Rome')} {place('Rome') + 4}\tRome",
        "T1\tORG 0 4\tSony",
        "E1\tMERGE:T1 Org1:T1",
        "R1\tOrigin Arg1:T1 Arg2:T2\t",
        f"T2\tPER {place('Ada')} {place('Ada') + 3}\tAda",
        "*\tEquiv T1 T2",
        "A1\tNegation E1",
        "M2\tNegation E1",
        "N1\tReference T1 Wikipedia:1\tSony",
        "#1\tAnnotatorNotes T1\tis this right?",
    )
    pair(tmp_path, "a", "Plain text.\n")
    (tmp_path / "README.txt").write_text("no annotations")
    skipped = Counter()
    rows = list(brat_records(tmp_path, skipped))
    assert [row.error for row in rows] == [None] * 4
    assert [row.fields for row in rows] == [
        {"id": "a:1", "text": "Plain text.", "spans": []},
        {"id": "sub/b:1", "text": "Sony formed a venture.", "spans": [(0, 4, "ORG")]},
        {
            "id": "sub/b:3",
            "text": "Éva 😀 met Ada in Rome.",
            "spans": [(10, 13, "PER"), (17, 21, "LOC")],
        },
        {"id": "sub/b:4", "text": "The end", "spans": []},
    ]
    assert rows[2].line == 3
    assert rows[2].path == tmp_path / "sub" / "b.txt"
    assert skipped == {
        "blank lines": 1,
        "texts without .ann": 1,
        "relations": 2,
        "events": 1,
        "attributes": 2,
        "normalizations": 1,
        "notes": 1,
    }
    for name in ("b.txt", "b.ann"):
        [row, *_] = brat_records(tmp_path / "sub" / name)
        assert row.fields["id"] == "b:1"


def test_a_byte_order_mark_counts(tmp_path):
    pair(tmp_path, "a", "\ufeffAda met\nBo", "T1\tPER 1 4\tAda", "T2\tPER 9 11\tBo")
    first, second = brat_records(tmp_path)
    assert first.fields == {"id": "a:1", "text": "Ada met", "spans": [(0, 3, "PER")]}
    assert second.fields == {"id": "a:2", "text": "Bo", "spans": [(0, 2, "PER")]}
    pair(tmp_path, "a", "\ufeffAda met\nBo", "T1\tPER 0 4\tAda")
    assert next(brat_records(tmp_path)).error is not None


@pytest.mark.parametrize(
    ("mark", "reason", "shown"),
    [
        ("T1\tX 0 2;4 5\tab e", "discontinuous span", "a.ann:1: .* in 2 pieces"),
        ("T1\tX 3 8\tde fg", "span across a line end", "a.ann:1: .*'de fg' .X."),
        ("T1\tX 3 5;6 8\tde fg", "span across a line end", "a.ann:1: .*'de fg' .X."),
        ("T1\tX 0 2\txy", "span with another text", "a.ann:1: .* has there: 'ab'.*'xy'"),
        ("T1\tX 0 3\tabc\nT2\tY 2 4\tcd", "overlapping spans", "'abc' .X, 0 to 3. and 'cd'"),
    ],
)
def test_spans_that_cannot_be_used_belong_to_their_line(tmp_path, mark, reason, shown):
    pair(tmp_path, "a", "abcde\nfghij\n", mark, "T9\tY 6 8\tfg")
    bad, good = brat_records(tmp_path)
    assert bad.error.reason == reason
    with pytest.raises(type(bad.error), match=shown):
        raise bad.error
    assert (bad.line, bad.fields["spans"]) == (1, [])
    assert good.error is None
    assert good.fields == {"id": "a:2", "text": "fghij", "spans": [(0, 2, "Y")]}


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        ("T1 X 0 2 ab", "a.ann:1: an annotation of brat is like"),
        ("T1\tX 0\tab", "a.ann:1: an annotation of brat is like"),
        ("T1\tX 0 2", "a.ann:1: an annotation of brat is like"),
        ("nonsense", "a.ann:1: an annotation of brat is like"),
        ("T1\tX 0 99\tab", r"a.ann:1: a span must lie in a.txt, which has 12 characters"),
        ("T1\tX 2 2\t", "a.ann:1: a span must lie in a.txt"),
    ],
)
def test_what_is_no_annotation(tmp_path, mark, shown):
    pair(tmp_path, "a", "abcde\nfghij\n", mark)
    with pytest.raises(DataError, match=shown):
        list(brat_records(tmp_path))


def test_files_without_their_other(tmp_path):
    with pytest.raises(DataError, match=r"holds no pairs of \.txt and \.ann"):
        list(brat_records(tmp_path))
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(DataError, match=r"a\.txt: there is no a\.ann beside it"):
        list(brat_records(tmp_path / "a.txt"))
    (tmp_path / "b.ann").write_text("")
    with pytest.raises(DataError, match=r"b\.ann: there is no b\.txt beside it"):
        list(brat_records(tmp_path))
    with pytest.raises(FileNotFoundError):
        list(brat_records(tmp_path / "none"))
    (tmp_path / "b.txt").write_bytes(b"a\n\xff")
    with pytest.raises(DataError, match=r"b\.txt:2: not valid UTF-8"):
        list(brat_records(tmp_path))
