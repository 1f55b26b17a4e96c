from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data.conll import read_conll
from keras_elmo.files.lines import DataError
from keras_elmo.text.tags import to_bio

SPLITS = Path(__file__).resolve().parents[3] / "shared" / "data" / "splits"

# A sentence as a row of (type or None, length): the spans themselves, in no scheme.
segments = st.lists(st.tuples(st.sampled_from([None, "X", "Y"]), st.integers(1, 4)), max_size=6)


def render(segments, begin, inside, end, single):
    tags = []
    for span_type, length in segments:
        prefixes = [begin, *[inside] * (length - 2), end] if length > 1 else [single]
        tags += ["O" if span_type is None else f"{prefix}-{span_type}" for prefix in prefixes]
    return tags


def render_iob1(segments):
    tags, before = [], None
    for span_type, length in segments:
        first = "B" if span_type == before else "I"
        tags += render([(span_type, length)], first, "I", "I", first)
        before = span_type
    return tags


@given(segments)
def test_every_scheme_becomes_the_same_bio(segments):
    bio = render(segments, "B", "I", "I", "B")
    assert to_bio(bio) == bio
    assert to_bio(render(segments, "B", "I", "E", "S")) == bio
    assert to_bio(render(segments, "B", "I", "L", "U")) == bio
    assert to_bio(render_iob1(segments)) == bio


def test_other_tags_stay_and_mixtures_are_refused():
    assert to_bio(["DET", "NOUN", "-LRB-", "O"]) == ["DET", "NOUN", "-LRB-", "O"]
    with pytest.raises(ValueError, match="Received: 'NOUN'"):
        to_bio(["B-X", "NOUN"])


def write(tmp_path, content, name="data.conll"):
    path = tmp_path / name
    path.write_bytes(content.encode())
    return path


def test_columns_separators_and_line_numbers(tmp_path):
    path = write(
        tmp_path,
        "\ufeff-DOCSTART- -X- O O\r\n\r\nEU NNP I-ORG\r\nsays  VB O\r\n\r\n\r\n"
        "# NN I-PER\r\nBob NNP B-PER",
    )
    first, second = read_conll(path)
    assert first == (["EU", "says"], ["B-ORG", "O"], 3)
    assert second == (["#", "Bob"], ["B-PER", "B-PER"], 7)
    assert [s.tags for s in read_conll(path, tag_column=1)] == [["NNP", "VB"], ["NN", "NNP"]]
    assert [s.tags for s in read_conll(path, tag_column=None)] == [[], []]
    assert [s.tokens for s in read_conll(path, comments="#")] == [["EU", "says"], ["Bob"]]


def test_only_tab_and_space_separate_columns(tmp_path):
    path = write(tmp_path, "1 000\tNUM\n\u00a0x\tSYM\n")
    assert next(read_conll(path)).tokens == ["1 000", "\u00a0x"]


def test_conllu_rows_that_are_no_words_of_their_own(tmp_path):
    content = "# text = don't\n1-2\tdon't\t_\n1\tdo\tAUX\n2\tn't\tPART\n2.1\tgo\tVERB\n"
    path = write(tmp_path, content, "data.conllu")
    assert list(read_conll(path, token_column=1)) == [(["do", "n't"], ["AUX", "PART"], 3)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n", "data.conll: the file holds no sentences"),
        ("a O\nb\n", r"data.conll:2: expected 2 columns.* Received: \['b'\]"),
        ("a\nb\n", "data.conll:1: tokens and tags must be two columns"),
        ("a\tO\n\tO\n", "data.conll:2: empty token or tag"),
        ("\na B-X\nb Y\n", "data.conll:2: .* Received: 'Y'"),
    ],
)
def test_bad_files_name_the_line(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        list(read_conll(write(tmp_path, content)))


def test_tags_against_a_scheme_that_is_asked_for(tmp_path):
    path = write(tmp_path, "a O\n\nb O\nc I-X\n")
    assert [s.tags for s in read_conll(path)] == [["O"], ["O", "B-X"]]
    assert [s.tags for s in read_conll(path, scheme="IOB1")] == [["O"], ["O", "B-X"]]
    message = r"data.conll:3: .* tag 1 \('I-X'\) must not stand behind 'O' in BIO"
    with pytest.raises(DataError, match=message):
        list(read_conll(path, scheme="BIO"))
    with pytest.raises(ValueError, match="one of IOB1, BIO, BIOES, BILOU"):
        list(read_conll(path, scheme="IOB"))


def test_a_column_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"token_column must be from -2 to 1\. Received: 2"):
        list(read_conll(write(tmp_path, "a O\n"), token_column=2))


def test_real_sentences_lose_nothing():
    path = SPLITS / "wikigold" / "test.conll"
    if not path.exists():
        pytest.skip(f"the evaluation sets are not at {SPLITS}")
    text = path.read_text(encoding="utf-8")
    sentences = list(read_conll(path))
    rows = ["\n".join(map("\t".join, zip(s.tokens, s.tags, strict=True))) + "\n" for s in sentences]
    assert "\n".join(rows).strip() == text.strip()
