"""Several columns of a file: the same data in every format, and errors that name the place."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import DataError
from keras_elmo.data.predictions.column_lines import conll_lines, conllu_lines
from keras_elmo.data.roles import parse_columns
from tests.data.reading_support import read

words = st.text("ab#_é", min_size=1, max_size=3)
rows = st.lists(
    st.tuples(words, st.sampled_from(["O", "B-X", "B-Y"]), st.sampled_from(["NOUN", "VERB"])),
    min_size=1,
    max_size=3,
)
sentences = st.lists(st.tuples(rows, st.sampled_from(["Ask", "Tell"])), min_size=1, max_size=4)


@given(sentences)
@settings(max_examples=30, deadline=None)
def test_all_formats_hold_the_same(tmp_path_factory, sentences):
    """Written in three formats by their own writers, read as one and the same data set."""
    folder = tmp_path_factory.mktemp("joint")
    found = []
    for rows, intent in sentences:
        tokens, slots, pos = (list(column) for column in zip(*rows, strict=True))
        found.append((tokens, {"slots": slots, "UPOS": pos, "intent": intent}))
    texts = {
        "a.conll": "".join(
            f"# intent = {y['intent']}\n" + conll_lines(tokens, [y["slots"], y["UPOS"]])
            for tokens, y in found
        ),
        "a.conllu": "".join(
            conllu_lines(tokens, {n: y[n] for n in ("slots", "UPOS")}, {"intent": y["intent"]})
            for tokens, y in found
        ),
        "a.jsonl": "".join(json.dumps({"tokens": tokens, **y}) + "\n" for tokens, y in found),
    }
    labels = {"a.conll": "slots=1,UPOS=2,intent"}
    for name, text in texts.items():
        (folder / name).write_text(text)
        data = read(folder / name, label=labels.get(name, "slots,UPOS,intent"))
        assert data.kind == "joint"
        assert list(zip(data.texts, data.labels, strict=True)) == found
        assert not data.skipped


def test_classes_and_schemes(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("# intent = 10\na B-X N\nb I-X V\n\n# intent = 9\na O N\n")
    data = read(path, task="joint", label="slots=1,pos=2,intent")
    assert data.classes() == {
        "slots": ["O", "B-X", "I-X"],
        "pos": ["N", "V"],
        "intent": ["9", "10"],
    }
    assert data.in_scheme(None) is data
    converted = data.in_scheme("BIOES")
    assert [row["slots"] for row in converted.labels] == [["B-X", "E-X"], ["O"]]
    assert converted.column("pos").labels == data.column("pos").labels
    assert converted.classes()["slots"] == ["O", "B-X", "E-X", "I-X", "S-X"]
    kept, held_out = data.split(0.5, 0)
    assert sorted(kept.lines + held_out.lines) == [2, 6]
    with pytest.raises(DataError, match=r"two different labels. Received: 'O' only.*'slots'"):
        data.rows([1]).classes()
    with pytest.raises(ValueError, match="Received: none in the columns pos"):
        read(path, task="joint", label="pos=2,intent").in_scheme("BIO")


def test_labels_that_were_not_there_in_training(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("# intent = x\na O\n\n# intent = y\na B-X\n")
    data = read(path, task="joint", label="slots=1,intent")
    data.require({"slots": ["O", "B-X"], "intent": ["x", "y"]})
    with pytest.raises(DataError, match=r"a.conll:5: .* Received: 'y', .* Column: 'intent'"):
        data.require({"slots": ["O", "B-X"], "intent": ["x"]})
    with pytest.raises(ValueError, match=r"knows the columns slots\. Received: slots, intent"):
        data.require({"slots": ["O", "B-X"]})


def test_a_sharp_is_a_token_and_not_a_comment(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("# intent = x\n#\tO\na\tO\n")
    assert read(path, task="joint", label="slots=1,intent").texts == [["#", "a"]]


@pytest.mark.parametrize(
    ("name", "content", "label", "message"),
    [
        ("a.conll", "a O\n", "1,intent", r"one of 0, 1\. Received: 'intent'"),
        ("a.conll", "# intent = x\na O\n\na O\n", "1,intent", r"a.conll:4: .* `# intent = …`"),
        ("a.conll", "a O\n", "1,2", r"one of 0, 1\. Received: '2'"),
        ("a.jsonl", '{"tokens": ["a"], "x": ["O"]}', "x,y", "the column must be one of"),
        (
            "a.jsonl",
            '{"tokens": ["a"], "x": ["O"], "y": 1}\n{"tokens": ["a"], "x": ["O"], "y": null}',
            "x,y",
            "a.jsonl:2: the label is empty. Received: None",
        ),
        (
            "a.jsonl",
            '{"tokens": ["a"], "x": ["O"]}\n{"tokens": ["a"], "x": "O"}',
            "x,x2=x",
            "a.jsonl:2: 'x' must be tags or one label, as in the first record",
        ),
        ("a.jsonl", '{"tokens": ["a"], "x": 1, "y": 2}', "x,y", "hold a tag for each token"),
        ("a.conll", "a O\n", "0,1", "must be different columns. Received: '0' as both"),
        ("a.jsonl", '{"tokens": 1, "y": 1}', "x=tokens,y", "different columns. .* 'tokens' as"),
        ("a.jsonl", '{"tokens": ["a"], "a b": ["O"]}', "a b,x=a b", "letters, digits"),
    ],
)
def test_bad_files(tmp_path, name, content, label, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        read(path, task="joint", label=label)


def test_names():
    assert parse_columns("UPOS, slots=Slot,2") == {"UPOS": "UPOS", "slots": "Slot", "2": "2"}
    for wrong in (",", "a,,b", "a,a=1", "tokens,a", "a=,b"):
        with pytest.raises(ValueError, match="named with commas between them"):
            parse_columns(wrong)
