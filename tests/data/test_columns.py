"""Several columns: what is written is read back, and what cannot be is named with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data.column_lines import CONLLU, conll_lines, conllu_lines
from keras_elmo.data.columns import read_columns
from keras_elmo.files.lines import DataError

words = st.text("ab#_é-", min_size=1, max_size=4)
spans = st.sampled_from(["O", "B-X", "B-Y"])
rows = st.lists(st.tuples(words, spans, st.sampled_from(["NOUN", "VERB"])), min_size=1, max_size=4)


@given(st.lists(rows, min_size=1, max_size=3))
@settings(max_examples=50, deadline=None)
def test_there_and_back(tmp_path_factory, sentences):
    folder = tmp_path_factory.mktemp("columns")
    columns = [[list(column) for column in zip(*rows, strict=True)] for rows in sentences]
    (folder / "a.conll").write_text(
        "".join(conll_lines(tokens, [slots, pos]) for tokens, slots, pos in columns)
    )
    (folder / "a.conllu").write_text(
        "".join(
            conllu_lines(tokens, {"UPOS": pos, "Slot": slots}, {"intent": tokens[0]})
            for tokens, slots, pos in columns
        )
    )
    for name, places in (
        ("a.conll", {"slots": 1, "pos": -1}),
        ("a.conllu", {"slots": "Slot", "pos": "UPOS"}),
    ):
        found = list(read_columns(folder / name, places))
        assert [[s.tokens, s.columns["slots"], s.columns["pos"]] for s in found] == columns
    assert [s.metadata for s in found] == [{"intent": tokens[0]} for tokens, *_ in columns]


def test_conllu_as_others_write_it(tmp_path):
    path = tmp_path / "en.conllu"
    rows = [
        "# sent_id = 7",
        "# text = don't = do not",
        "# newpar",
        "1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No",
        "1\tdo\tdo\tAUX\tVB\t_\t0\troot\t_\tSlot=I-a|X=1",
        "2\tn't\tnot\tPART\tRB\t_\t1\tadvmod\t_\tX=2|Slot=O",
        "2.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_",
    ]
    path.write_text("\n".join(rows) + "\n")
    [found] = read_columns(path, {"pos": "UPOS", "slots": "Slot", "head": 6})
    assert found.tokens == ["do", "n't"]
    assert found.columns == {"pos": ["AUX", "PART"], "slots": ["B-a", "O"], "head": ["0", "1"]}
    assert found.metadata == {"sent_id": "7", "text": "don't = do not"}
    assert found.line == 5


@pytest.mark.parametrize(
    ("name", "content", "columns", "message"),
    [
        ("a.conll", "a O\n", {"x": 2}, r"a.conll:1: a column must be from -2 to 1\. Received: 2"),
        ("a.conll", "a O\n", {"x": "UPOS"}, "a.conll:1: columns have names in CoNLL-U alone"),
        ("a.conll", "a O\nb B-X\nc Y\n", {"x": 1}, "a.conll:1: column 'x': beside B- and I-"),
        ("a.conll", "\n", {"x": 1}, "holds no sentences"),
        (
            "a.conllu",
            "\t".join("1a" + "_" * 8) + "\n",
            {"x": "Slot"},
            "a.conllu:1: .* a key in MISC",
        ),
    ],
)
def test_bad_files_name_the_line(tmp_path, name, content, columns, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        list(read_columns(tmp_path / name, columns))


def test_what_cannot_be_written():
    with pytest.raises(ValueError, match="Received: 'a\\\\tb'"):
        conll_lines(["a\tb"], [["O"]])
    with pytest.raises(ValueError, match="must hold no"):
        conllu_lines(["a"], {"Slot": ["x|y"]})
    assert len(conllu_lines(["a"], {}).split("\t")) == len(CONLLU)
