"""Annotation tools: what each of them writes, as its documentation shows it, becomes one shape."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data.annotation.parts import Annotations
from keras_elmo.data.annotation.tools import TOOLS, annotation_records, annotation_tool
from keras_elmo.data.bad_rows import RowError

TEXT = "Ada Lovelace lived in London."
SPANS = [(0, 12, "PER"), (22, 28, "LOC")]
FLAT = {"text": TEXT, "spans": SPANS}


def region(start, end, kind, **more):
    quoted = {"start": start, "end": end, "text": TEXT[start:end], "labels": [kind]}
    result = {"from_name": "label", "to_name": "text", "type": "labels", "value": quoted | more}
    return {"id": f"r{start}", **result}


REGIONS = [region(22, 28, "LOC"), region(0, 12, "PER")]
CHOICE = {"from_name": "tone", "to_name": "text", "type": "choices", "value": {"choices": ["calm"]}}


def task(*results, **more):
    annotation = {"id": 11, "result": list(results), "was_cancelled": False, "completed_by": 1}
    return {"id": 7, "data": {"text": TEXT}, "annotations": [annotation], "predictions": [], **more}


MIN = {
    "id": 7,
    "text": TEXT,
    "label": [item["value"] for item in REGIONS],
    "tone": "calm",
    "annotator": 1,
    "annotation_id": 11,
    "created_at": "2021-03-09T22:16:08.728353Z",
    "lead_time": 4.2,
}
PRODIGY = {
    "text": TEXT,
    "_input_hash": -15,
    "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0, "ws": True}],
    "spans": [
        {"start": 0, "end": 12, "token_start": 0, "token_end": 1, "label": "PER"},
        {"start": 22, "end": 28, "token_start": 4, "token_end": 4, "label": "LOC"},
    ],
    "_view_id": "ner_manual",
    "answer": "accept",
}
DOCANNO_ENTITIES = {
    "id": 3,
    "text": TEXT,
    "entities": [
        {"id": 10, "label": "PER", "start_offset": 0, "end_offset": 12},
        {"id": 11, "label": "LOC", "start_offset": 22, "end_offset": 28},
    ],
    "relations": [],
    "Comments": [],
}


@pytest.mark.parametrize(
    ("record", "tool", "wanted"),
    [
        ({"id": 3, "text": TEXT, "label": [[22, 28, "LOC"], [0, 12, "PER"]]}, "doccano", {"id": 3}),
        ({"text": TEXT, "labels": [[0, 12, "PER"], [22, 28, "LOC"]]}, "doccano", {}),
        (DOCANNO_ENTITIES, "doccano", {"id": 3, "Comments": []}),
        (  # intents and slots
            {"text": TEXT, "cats": ["calm"], "entities": [[0, 12, "PER"], [22, 28, "LOC"]]},
            "doccano",
            {"labels": ["calm"]},
        ),
        (PRODIGY, "Prodigy", {"_input_hash": -15, "_view_id": "ner_manual"}),
        (task(*REGIONS), "Label Studio", {"id": 7}),
        (task(*REGIONS, CHOICE), "Label Studio", {"id": 7, "labels": ["calm"]}),
        (
            {
                "id": 7,
                "data": {"body": TEXT, "n": 1, "id": "a"},
                "completions": task(*REGIONS)["annotations"],
            },
            "Label Studio",
            {"id": "a", "body": TEXT, "n": 1},
        ),
        (
            MIN,
            "Label Studio (min)",
            {name: value for name, value in MIN.items() if name != "label"},
        ),
        ([TEXT, {"entities": [[0, 12, "PER"], [22, 28, "LOC"]]}], "spaCy", {}),
        (
            [TEXT, {"entities": [[0, 12, "PER"], [22, 28, "LOC"]], "cats": {"calm": 1.0, "x": 0}}],
            "spaCy",
            {"labels": ["calm"]},
        ),
    ],
)
def test_spans_of_every_tool(record, tool, wanted):
    before = json.dumps(record)
    found = annotation_tool(record)
    assert found is not None
    assert found.name == tool
    assert annotation_records(record) == [wanted | FLAT]
    assert json.dumps(record) == before


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ({"text": "Fine.", "label": "pos", "spans": [], "answer": "accept"}, {"label": "pos"}),
        (
            {
                "text": "Fine.",
                "options": [{"id": "pos", "text": "Good"}, {"id": 0, "text": "Bad"}],
                "accept": ["pos"],
                "answer": "accept",
            },
            {"labels": ["pos"]},
        ),
        (
            {"data": {"text": "Fine."}, "annotations": [{"result": [CHOICE]}]},
            {"labels": ["calm"]},
        ),
        (
            {"text": "Fine.", "annotation_id": 1, "tone": {"choices": ["calm", "warm"]}},
            {"labels": ["calm", "warm"], "annotation_id": 1},
        ),
        (["Fine.", {"cats": {"pos": 1, "neg": 0.0}}], {"labels": ["pos"]}),
        (
            {"id": 4, "paragraphs": [{"raw": "Fine.", "cats": [{"label": "pos", "value": True}]}]},
            {"labels": ["pos"], "id": 4},
        ),
    ],
)
def test_classes_of_every_tool(record, wanted):
    assert annotation_records(record) == [{"text": "Fine."} | wanted]


def test_a_document_of_spacy_is_its_sentences():
    def sentence(*pairs):
        tokens = [
            {"id": i, "orth": orth, "ner": ner, "tag": "X"} for i, (orth, ner) in enumerate(pairs)
        ]
        return {"tokens": tokens, "brackets": []}

    first = sentence(("Ada", "B-PER"), ("Lovelace", "L-PER"), ("lived", "O"))
    second = sentence(("London", "U-LOC"))
    document = {"id": 0, "paragraphs": [{"raw": "…", "sentences": [first, second], "cats": []}]}
    assert annotation_records(document) == [
        {"id": 0, "tokens": ["Ada", "Lovelace", "lived"], "tags": ["B-PER", "L-PER", "O"]},
        {"id": 0, "tokens": ["London"], "tags": ["U-LOC"]},
    ]
    second["tokens"][0]["ner"] = "-"
    with pytest.raises(RowError, match="Received: '-' for 'London'"):
        annotation_records(document)


ORDINARY = [
    {"text": "Fine.", "label": "pos"},
    {"text": "Fine.", "label": ["pos", "short"]},  # as doccano has it, too
    {"text": "Fine.", "label": []},
    {"text": "Fine.", "label": None, "entities": None, "spans": "x"},
    {"tokens": ["a"], "tags": ["O"], "entities": [{"type": "X", "start": 0, "end": 1}]},
    {"text": "Fine.", "answer": "yes", "spans": [1, 2, 3], "labels": [[1, 2]]},
    {"question": "Who?", "context": "Ada.", "answers": {"text": ["Ada"], "answer_start": [0]}},
    {"data": [{"text": "Fine."}], "annotations": []},
    {"paragraphs": [{"context": "Ada.", "qas": []}]},
    {"annotation_id": 3, "text": "Fine.", "tone": "calm"},
    ["Fine.", "pos"],
    ["Fine.", {"other": 1}],
    [],
    "Fine.",
    3,
    None,
]


@pytest.mark.parametrize("record", ORDINARY)
def test_other_records_come_back_as_they_are(record):
    assert annotation_tool(record) is None
    [found] = annotation_records(record)
    assert found is record


KEYS = ["text", "label", "labels", "entities", "spans", "answer", "accept", "cats", "relations"]
KEYS += ["data", "annotations", "result", "value", "type", "choices", "start", "end", "id"]
KEYS += ["paragraphs", "sentences", "tokens", "orth", "ner", "start_offset", "annotation_id"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from([None, *TOOLS]))
@settings(max_examples=60)
def test_any_json_is_read_or_refused(value, tool):
    try:
        found = annotation_records(value, tool)
    except RowError as error:
        found = [error.reason]
    assert isinstance(found, list)


def test_what_nobody_has_annotated_is_counted():
    skipped = Counter()
    how = Annotations(skipped=skipped)
    for answer in ("reject", "ignore", "reject"):
        assert annotation_records(PRODIGY | {"answer": answer}, how=how) == []
    cancelled = task(*REGIONS)
    cancelled["annotations"][0]["was_cancelled"] = True
    assert annotation_records(cancelled, how=how) == []
    assert annotation_records(task(annotations=[]), how=how) == []
    assert skipped == {
        "answered 'reject' in Prodigy": 2,
        "answered 'ignore' in Prodigy": 1,
        "cancelled annotations": 1,
        "tasks without an annotation": 2,
    }


def test_one_annotator_of_several_counts():
    skipped = Counter()
    how = Annotations(skipped=skipped)
    rating = {"type": "rating", "value": {"rating": 4}}
    of_region = {"type": "choices", "value": {"start": 0, "end": 3, "choices": ["x"]}}
    found = task(*REGIONS, rating, of_region)
    first, second = found["annotations"][0], {"result": REGIONS[:1]}
    found["annotations"] = [{"result": [], "was_cancelled": True}, first, second]
    assert annotation_records(found, how=how) == [{"id": 7} | FLAT]
    assert skipped == {
        "cancelled annotations": 1,
        "further annotations of a text": 1,
        "results of rating": 1,
        "choices of spans": 1,
    }
    second["ground_truth"] = True
    [chosen] = annotation_records(found)
    assert chosen["spans"] == [(22, 28, "LOC")]


def test_a_text_without_spans_is_known_by_the_tool_of_its_file():
    for record, sign in [
        ({"text": TEXT, "label": []}, {"text": TEXT, "label": [[0, 1, "X"]]}),
        ({"text": TEXT}, PRODIGY),
        ({"text": TEXT, "annotation_id": 2}, MIN),
    ]:
        [found] = annotation_records(record, annotation_tool(sign))
        assert found["spans"] == []
        assert "label" not in found


def test_other_names_and_other_counts():
    record = {"body": "😀 Ada", "label": [[3, 6, "PER"]]}
    tool = annotation_tool(record)
    with pytest.raises(RowError, match="--text"):
        annotation_records(record, tool)
    with pytest.raises(RowError, match="--offsets"):
        annotation_records(record, tool, Annotations("body"))
    [found] = annotation_records(record, tool, Annotations("body", "utf-16"))
    assert found["spans"] == [(2, 5, "PER")]
    # Label Studio quotes what was marked, which tells what it counts.
    for start, end in ((3, 6), (2, 5)):
        value = {"start": start, "end": end, "text": "Ada", "labels": ["PER"]}
        record = {
            "data": {"text": "😀 Ada"},
            "annotations": [{"result": [{"type": "labels", "value": value}]}],
        }
        assert annotation_records(record)[0]["spans"] == [(2, 5, "PER")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"text": TEXT, "label": [[0, 12, "PER"], [4, 12, "X"]]}, "overlapping spans"),
        ({"text": TEXT, "label": [[0, 99, "PER"]]}, "span outside the text"),
        ({"text": TEXT, "label": [[0, 3, "PER"], [5, 6]]}, "no span"),
        ({"text": TEXT, "label": [[0, 3, "PER"], [5, None, "X"]]}, "span without its place"),
        (
            DOCANNO_ENTITIES | {"relations": [{"from_id": 10, "to_id": 11, "type": "in"}]},
            "relations",
        ),
        (PRODIGY | {"relations": [{"head": 0, "child": 1, "label": "x"}]}, "relations"),
        (PRODIGY | {"_view_id": "ner"}, "one suggested span"),
        (PRODIGY | {"answer": "perhaps"}, "no answer of Prodigy"),
        (task(*REGIONS, {"type": "relation", "from_id": "a", "to_id": "b"}), "relations"),
        (task(region(0, 12, "PER", labels=["PER", "X"])), "overlapping spans"),
        (task(region(0, 12, "PER", labels=[])), "span without a type"),
        (task(region(0, 12, "PER", text="Ada")), "span with another text"),
        (task(data={"a": TEXT, "b": TEXT}), "no text"),
        ([TEXT, {"cats": {"pos": 0.7}}], "category between 0 and 1"),
        ([TEXT, {"entities": ["B-PER"]}], "no span"),
    ],
)
def test_what_cannot_be_used(record, reason):
    with pytest.raises(RowError) as caught:
        annotation_records(record)
    assert caught.value.reason == reason
