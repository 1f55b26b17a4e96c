"""Files of annotation tools as data sets: the same sentences, whichever tool has written them."""

import json

import pytest

from keras_elmo.data import DataError
from keras_elmo.data.predictions.prediction_formats import PREDICTION_FORMATS
from tests.data.reading_support import read, rows, texts, write

TEXT, SPANS = "Ada Lovelace lived in London.", [[0, 12, "PER"], [22, 28, "LOC"]]
OTHER = "Nothing here."
ROWS = [
    (
        ["Ada", "Lovelace", "lived", "in", "London", "."],
        ["B-PER", "I-PER", "O", "O", "B-LOC", "O"],
    ),
    (["Nothing", "here", "."], ["O", "O", "O"]),
]


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def task(text, spans, *results):
    values = [{"start": s, "end": e, "text": text[s:e], "labels": [k]} for s, e, k in spans]
    marked = [{"type": "labels", "value": value} for value in values]
    return {"id": 1, "data": {"text": text}, "annotations": [{"result": [*marked, *results]}]}


def minimal(text, spans):
    values = [value["value"] for value in task(text, spans)["annotations"][0]["result"]]
    return {"text": text, "annotation_id": 1} | ({"label": values} if values else {})


def document(tokens, tags):
    pairs = zip(tokens, tags, strict=True)
    return {"tokens": [{"orth": orth, "ner": ner} for orth, ner in pairs]}


CHOICE = {"type": "choices", "value": {"choices": ["calm"]}}
FILES = {
    "doccano.jsonl": lines({"text": OTHER, "label": []}, {"text": TEXT, "label": SPANS}),
    "entities.jsonl": lines(
        {
            "text": TEXT,
            "entities": [{"start_offset": s, "end_offset": e, "label": k} for s, e, k in SPANS],
            "relations": [],
        },
        {"text": OTHER, "entities": [], "relations": []},
    ),
    "label_studio.json": json.dumps([task(TEXT, SPANS), task(OTHER, [])]),
    "choices_too.json": json.dumps([task(TEXT, SPANS, CHOICE), task(OTHER, [], CHOICE)]),
    "label_studio_min.json": json.dumps([minimal(OTHER, []), minimal(TEXT, SPANS)]),
    "prodigy.jsonl": lines(
        *(
            {
                "text": text,
                "spans": [{"start": s, "end": e, "label": k} for s, e, k in spans],
                "answer": "accept",
            }
            for text, spans in ((TEXT, SPANS), (OTHER, []))
        )
    ),
    "spacy.json": json.dumps([[TEXT, {"entities": SPANS}], [OTHER, {"entities": []}]]),
    "document.json": json.dumps(
        [
            {
                "id": 0,
                "paragraphs": [
                    {
                        "raw": TEXT + OTHER,
                        "sentences": [
                            document(ROWS[0][0], ["B-PER", "L-PER", "O", "O", "U-LOC", "O"]),
                            document(*ROWS[1]),
                        ],
                    }
                ],
            }
        ]
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_sentences_of_every_tool(tmp_path, name):
    path = write(tmp_path / name, FILES[name])
    assert read(path).kind == "tagging"
    assert sorted(rows(path)) == ROWS


@pytest.mark.parametrize("name", FILES)
def test_to_predict_on_nothing_need_be_marked(tmp_path, name):
    path = write(tmp_path / name, FILES[name])
    found = sorted(texts(path, task="tagging"), key=len, reverse=True)
    assert found == ([tokens for tokens, _ in ROWS] if "document" in name else [TEXT, OTHER])


def test_what_nobody_has_marked_is_predicted_on(tmp_path):
    tasks = [task(TEXT, SPANS), task(OTHER, [])]
    tasks[0]["annotations"][0]["was_cancelled"] = True
    tasks[1] |= {"annotations": [], "predictions": []}
    path = write(tmp_path / "tasks.json", json.dumps(tasks))
    assert texts(path, task="tagging") == [TEXT, OTHER]
    with pytest.raises(DataError, match="tasks without an annotation: 2"):
        read(path)
    answers = ({"text": text, "answer": "ignore"} for text in (TEXT, OTHER))
    path = write(tmp_path / "tasks.jsonl", lines(*answers))
    assert texts(path, task="tagging") == [TEXT, OTHER]
    write(tmp_path / "a.txt", f"{TEXT}\n")
    write(tmp_path / "a.ann", "T1\tX 0 3;4 6\tAda Lo\n")
    assert texts(tmp_path / "a.ann", task="tagging") == [TEXT]


def test_brat(tmp_path):
    write(tmp_path / "a.txt", f"{TEXT}\n{OTHER}\n")
    marks = [f"T{i}\t{k} {s} {e}\t{TEXT[s:e]}\n" for i, (s, e, k) in enumerate(SPANS, 1)]
    write(tmp_path / "a.ann", "".join(marks))
    for path in (tmp_path, tmp_path / "a.ann"):
        assert rows(path) == ROWS
    write(tmp_path / "a.ann", marks[0] + "T2\tX 0 3;4 6\tAda Lo\n")
    with pytest.raises(DataError, match=r"a\.txt:1: a\.ann:2: a span must be one piece"):
        read(tmp_path)
    write(tmp_path / "b.txt", TEXT)
    write(tmp_path / "b.ann", "T1\tX 0 2\tAd\n")
    with pytest.raises(DataError, match=r"b\.txt:1: a span must end where tokens do"):
        read(tmp_path / "b.ann")
    (tmp_path / "b.ann").unlink()
    found = read(tmp_path, skip_bad=True)
    assert found.texts == [ROWS[1][0]]
    assert found.skipped == {"discontinuous span": 1, "texts without .ann": 1}
    [bad] = found.bad_rows
    assert (bad.file, bad.line) == (str(tmp_path / "a.txt"), 1)


@pytest.mark.parametrize("name", PREDICTION_FORMATS)
def test_predictions_are_read_back(tmp_path, name):
    records = [
        {
            "line": 4,
            "tokens": tokens,
            "tags": tags,
            "probabilities": [0.5] * len(tags),
            "entities": [
                {"type": tag[2:], "start": i, "end": i + 1 + (tag == "B-PER"), "confidence": 0.5}
                for i, tag in enumerate(tags)
                if tag[0] == "B"
            ],
        }
        for tokens, tags in ROWS
    ]
    ending = {"label-studio": ".json", "doccano": ".jsonl", "brat": ""}.get(name, f".{name}")
    path = tmp_path / f"new{ending}"
    PREDICTION_FORMATS[name].write(iter(records), path)
    if name == "label-studio":  # an annotator accepts all
        path.write_text(path.read_text().replace('"predictions"', '"annotations"'))
    assert rows(path, **({"label": "Tag"} if name == "conllu" else {})) == ROWS


def test_ends_inside_of_tokens(tmp_path):
    path = write(tmp_path / "a.jsonl", lines({"text": TEXT, "label": [[0, 5, "X"]]}))
    with pytest.raises(DataError, match=r"a\.jsonl:1: a span must end where tokens do.*--align"):
        read(path)
    found = read(path, align="expand")
    assert found.labels == [["B-X", "I-X", "O", "O", "O", "O"]]
    assert any("1 (--align)" in note for note in found.notes)
    assert read(path, align="contract").labels == [["B-X", "O", "O", "O", "O", "O"]]


def test_a_text_without_tokens_is_a_bad_row(tmp_path):
    path = write(
        tmp_path / "a.jsonl", lines({"text": TEXT, "label": SPANS}, {"text": " ", "label": []})
    )
    with pytest.raises(DataError, match=r"a\.jsonl:2: the text is empty"):
        read(path)
    assert read(path, skip_bad=True).skipped == {"empty text": 1}


def test_spans_of_ones_own(tmp_path):
    path = write(tmp_path / "a.jsonl", lines({"text": TEXT, "spans": SPANS}, {"text": OTHER}))
    assert rows(path) == ROWS
    for spans, why in ((3, "spans must be a list"), ([[0, 40, "X"]], "must lie in the text")):
        write(path, lines({"text": TEXT, "spans": SPANS}, {"text": OTHER, "spans": spans}))
        with pytest.raises(DataError, match=rf"a\.jsonl:2: .*{why}"):
            read(path)
