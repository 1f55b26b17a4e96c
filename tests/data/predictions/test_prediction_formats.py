"""Predictions in every format: what is written is what the tools describe, and is read back."""

import io
import json
import sys
from contextlib import redirect_stdout

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data.annotation.brat import brat_records
from keras_elmo.data.annotation.parts import Annotations
from keras_elmo.data.annotation.spans import tag_spans
from keras_elmo.data.annotation.tools import annotation_records, annotation_tool
from keras_elmo.data.predictions.column_lines import CONLLU
from keras_elmo.data.predictions.prediction_formats import (
    PREDICTION_FILES,
    PREDICTION_FORMATS,
    check_format,
    formats_of_classes,
    formats_of_records,
    formats_of_tags,
)
from keras_elmo.text.tags import read_spans
from keras_elmo.text.tokenizers import get_tokenizer

WORDS = get_tokenizer("words")


def entities(tokens, tags, places=None):
    found = []
    for kind, start, end in read_spans(tags):
        entity = {"type": kind, "start": start, "end": end, "confidence": 0.75}
        if places:
            entity |= {"start_char": places[start][0], "end_char": places[end - 1][1]}
        found.append(entity | {"text": " ".join(tokens[start:end])})
    return found


@st.composite
def tagged(draw, letters="ab é😀.,'"):
    """The record of a tagger, of a string or of tokens."""
    text = draw(st.text(letters, min_size=1, max_size=20).filter(str.strip))
    is_text = draw(st.booleans())
    tokens = WORDS(text)
    tags = [draw(st.sampled_from(["O", "B-X", "I-X", "B-Y"])) for _ in tokens]
    shares = [draw(st.sampled_from([0.5, 0.9])) for _ in tokens]
    record = {"text": text} if is_text else {}
    record |= {"tokens": tokens, "tags": tags, "probabilities": shares}
    found = entities(tokens, tags, WORDS.spans(text) if is_text else None)
    return record | {"entities": found} | draw(st.sampled_from([{}, {"id": "7", "line": 3}]))


def flat(record):
    """What an annotation tool would have to say of a record, from its tags alone."""
    text, places = record.get("text", " ".join(record["tokens"])), []
    for token in record["tokens"]:
        start = text.index(token, places[-1][1] if places else 0)
        places.append((start, start + len(token)))
    kept = {name: record[name] for name in ("id", "line") if name in record}
    return {"text": text, "spans": tag_spans(record["tags"], places), **kept}


def written(records, file_format):
    return "".join(PREDICTION_FILES[file_format].lines(records))


@given(st.lists(tagged(), max_size=3))
def test_doccano_there_and_back(records):
    lines = [json.loads(line) for line in written(records, "doccano").splitlines()]
    tool = annotation_tool({"text": "a", "label": [[0, 1, "X"]]})
    how = Annotations(offsets="utf-16")
    assert [annotation_records(line, tool, how) for line in lines] == [[flat(x)] for x in records]


@given(st.lists(tagged(), max_size=3))
def test_label_studio_there_and_back(records):
    tasks = json.loads(written(records, "label-studio"))
    ids = [result["id"] for task in tasks for result in task["predictions"][0]["result"]]
    assert len(ids) == len({*ids})
    for task, record in zip(tasks, records, strict=True):
        assert task["predictions"][0]["score"] == min(record["probabilities"])
        task["annotations"] = task.pop("predictions")  # an annotator agrees to all of it
    assert [annotation_records(task) for task in tasks] == [[flat(x)] for x in records]


@given(st.lists(tagged(), min_size=1, max_size=3))
@settings(max_examples=30)
def test_brat_there_and_back(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("brat") / "new"
    PREDICTION_FORMATS["brat"].write(iter(records), folder)
    rows = list(brat_records(folder))
    assert [row.error for row in rows] == [None] * len(records)
    found = [{name: row.fields[name] for name in ("text", "spans")} for row in rows]
    assert found == [{name: flat(x)[name] for name in ("text", "spans")} for x in records]


@given(st.lists(tagged(), max_size=3))
def test_lines_there_and_back(records):
    assert [json.loads(line) for line in written(records, "jsonl").splitlines()] == records
    blocks = [block.split("\n") for block in written(records, "conll").split("\n\n")[:-1]]
    assert [[tuple(row.split("\t")) for row in block] for block in blocks] == [
        list(zip(x["tokens"], x["tags"], strict=True)) for x in records
    ]
    blocks = [block.split("\n") for block in written(records, "conllu").split("\n\n")[:-1]]
    for block, record in zip(blocks, records, strict=True):
        assert [row for row in block if row[0] == "#"] == ["# sent_id = 7"] * ("id" in record)
        rows = [dict(zip(CONLLU, row.split("\t"), strict=True)) for row in block if row[0] != "#"]
        assert [row["FORM"] for row in rows] == record["tokens"]
        assert [row["MISC"] for row in rows] == [f"Tag={tag}" for tag in record["tags"]]


TEXT = "play Nina"
SLOTS = {"tags": ["O", "B-artist"], "probabilities": [0.9, 0.6]}
SLOTS |= {"entities": entities(TEXT.split(), SLOTS["tags"], [(0, 4), (5, 9)])}
JOINT = {
    "id": 5,
    "text": TEXT,
    "tokens": TEXT.split(),
    "tags": SLOTS,  # a column of this name
    "UPOS": {"tags": ["VERB", "PROPN"], "probabilities": [0.8, 0.7]},
    "label": {"label": "PlayMusic", "probability": 0.4},
}
LABEL = {"text": ["so", "good"], "label": "pos", "probabilities": {"label": 0.3, "pos": 0.7}}
LABELS = {"text": "so good", "labels": ["a", "b"], "probabilities": {"a": 0.9, "b": 0.6, "c": 0.2}}


def test_several_columns():
    assert written([JOINT], "conll") == "play\tO\tVERB\nNina\tB-artist\tPROPN\n\n"
    first, *_, last = written([JOINT], "conllu").strip().split("\n")
    assert first == "# sent_id = 5"
    assert "# label = PlayMusic" in written([JOINT], "conllu")
    assert last == "2\tNina\t_\tPROPN\t_\t_\t_\t_\t_\ttags=B-artist"
    assert json.loads(written([JOINT], "doccano")) == {
        "id": 5,
        "text": TEXT,
        "entities": [[5, 9, "artist"]],
        "cats": ["PlayMusic"],
    }
    [task] = json.loads(written([JOINT], "label-studio"))
    assert task["data"] == {"id": 5, "text": TEXT}
    [prediction] = task["predictions"]
    assert prediction["score"] == 0.4
    assert [(x["from_name"], x["type"]) for x in prediction["result"]] == [
        ("label", "labels"),
        ("label", "choices"),
    ]
    with pytest.raises(ValueError, match=r"of one column of tags\. Received: 2"):
        written([JOINT | {"again": SLOTS}], "doccano")
    pos = {"tokens": ["a"], "tags": ["DET"], "probabilities": [1.0]}
    assert written([pos], "conllu").split("\t")[3] == "DET"
    with pytest.raises(ValueError, match=r"of one column of tags\. Received: 0"):
        written([pos], "label-studio")


def test_classes_of_texts():
    found = list(map(json.loads, written([LABEL, LABELS], "doccano").splitlines()))
    assert found == [
        {"text": "so good", "label": ["pos"]},
        {"text": "so good", "label": ["a", "b"]},
    ]
    tasks = json.loads(written([LABEL, LABELS], "label-studio"))
    assert [task["predictions"][0]["score"] for task in tasks] == [0.7, 0.6]
    for task, labels in zip(tasks, (["pos"], ["a", "b"]), strict=True):
        task["annotations"] = task.pop("predictions")
        assert annotation_records(task) == [{"text": "so good", "labels": labels}]


def test_nothing_is_an_empty_file():
    assert written([], "jsonl") == written([], "doccano") == written([], "conllu") == ""
    assert json.loads(written([], "label-studio")) == []


def test_brat_in_documents_and_across_lines(tmp_path):
    record = {"text": "a New\n  York\tb", "tokens": ["a", "New", "York", "b"]}
    record |= {"tags": ["O", "B-X", "I-X", "O"], "probabilities": [0.5] * 4}
    places = [(0, 1), (2, 5), (8, 12), (13, 14)]
    record["entities"] = entities(record["tokens"], record["tags"], places)
    short = {"tokens": ["Nina"], "tags": ["B-Y"], "probabilities": [0.5]}
    short["entities"] = entities(["Nina"], ["B-Y"])
    writer = PREDICTION_FORMATS["brat"]
    writer.write([record, *[short] * 100], tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "00001.ann",
        "00001.txt",
        "00002.ann",
        "00002.txt",
        "annotation.conf",
    ]
    lines = (tmp_path / "new" / "00001.ann").read_text().splitlines()
    assert lines[0] == "T1\tX 2 5;8 12\tNew York"
    assert lines[1] == "T2\tY 15 19\tNina"
    configuration = (tmp_path / "new" / "annotation.conf").read_text()
    assert configuration == "[entities]\nX\nY\n[relations]\n[events]\n[attributes]\n"
    first, second, *others = brat_records(tmp_path / "new")
    assert first.error.reason == "span across a line end"
    assert second.fields["text"] == "  York\tb"
    assert len(others) == 100
    # What an annotator may have mended is never replaced.
    for overwrite in (False, True):
        with pytest.raises(FileExistsError):
            writer.write([short], tmp_path / "new", overwrite=overwrite)
    with pytest.raises(ValueError, match="--output"):
        writer.check(None)
    spaced = short | {"entities": [short["entities"][0] | {"type": "a b"}]}
    with pytest.raises(ValueError, match="without white space in brat"):
        writer.write([short, spaced], tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.mark.parametrize("file_format", PREDICTION_FILES)
def test_files_are_whole_or_not_there(tmp_path, file_format):
    record = {"tokens": ["Nina"], "tags": ["B-Y"], "probabilities": [0.5]}
    record |= {"entities": entities(["Nina"], ["B-Y"])}
    writer = PREDICTION_FORMATS[file_format]
    writer.write(iter([record]), tmp_path / "a")
    with redirect_stdout(io.StringIO()):
        writer.write(iter([record]), None)
        assert sys.stdout.getvalue() == (tmp_path / "a").read_text()
    with pytest.raises(FileExistsError):
        writer.check(tmp_path / "a")
    with pytest.raises((KeyError, ValueError, TypeError)):
        writer.write(iter([record, {"x": 1, "y": {1}}]), tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_written_of_what():
    spans, pos = ["O", "B-X", "I-X"], ["NOUN", "VERB"]
    assert formats_of_tags(spans) == tuple(PREDICTION_FORMATS)
    assert formats_of_tags(pos) == ("jsonl", "conll", "conllu")
    assert formats_of_tags({"a": spans, "b": pos, "c": ["x"]}) == tuple(PREDICTION_FORMATS)
    assert formats_of_tags({"a": spans, "b": spans}) == ("jsonl", "conll", "conllu")
    check_format("brat", formats_of_tags(spans))
    for allowed in (formats_of_classes(pos), formats_of_records(None)):
        with pytest.raises(ValueError, match=r"written as jsonl.*Received: 'conll'"):
            check_format("conll", allowed)
