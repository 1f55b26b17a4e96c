"""Spellings of tags: told from all of a file's tags, read into spans, refused where insisted."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.text.tag_spellings import TagSpelling, why_plain
from keras_elmo.text.tags import check_tags, read_spans, write_spans

LETTERS = {  # one token, first, inside, last
    "BIO": "BBII",
    "IO": "IIII",
    "BIOES": "SBIE",
    "BILOU": "UBIL",
    "BMES": "SBME",
    "BMEWO": "WBME",
}
LAYOUTS = [f"{pair[0]}{j}{pair[1]}" for pair in ("LT", "TL") for j in "-_:"] + ["L"]
TYPES = ["PER", "misc-X", "A_B", "S-NORG.FOO", "B-cell", "x:I"]

segments = st.lists(st.tuples(st.sampled_from([None, *TYPES]), st.integers(1, 4)), max_size=8)
cases = st.sampled_from([str.upper, str.lower])


def spans_of(segments):
    spans, place = [], 0
    for span_type, length in segments:
        spans += [(span_type, place, place + length)] if span_type else []
        place += length
    return spans, place


def spell(layout, letter, span_type):
    return "".join({"L": letter, "T": span_type}.get(part, part) for part in layout)


def written(spans, length, scheme, layout, case):
    single, first, inside, last = map(case, LETTERS[scheme])
    tags = [case("O")] * length
    for span_type, start, end in spans:
        letters = [first, *inside * (end - start - 2), last] if end - start > 1 else [single]
        tags[start:end] = [spell(layout, letter, span_type) for letter in letters]
    return tags


def all_tags(scheme, layout, case, types=TYPES):
    letters = map(case, dict.fromkeys(LETTERS[scheme]))
    return [case("O"), *(spell(layout, x, name) for x in letters for name in types)]


def without_neighbours(spans):
    """The spans that IO can say: two of one type, side by side, are one there."""
    return [b for a, b in pairwise([("", 0, -1), *spans]) if (a[0], a[2]) != (b[0], b[1])]


@given(segments, st.sampled_from([*LETTERS]), st.sampled_from(LAYOUTS), cases)
def test_spans_to_tags_to_spans(segments, scheme, layout, case):
    spans, length = spans_of(segments)
    if layout == "L":
        spans = [("SPAN", *places) for _, *places in spans]
    spans = without_neighbours(spans) if scheme == "IO" else spans
    tags = written(spans, length, scheme, layout, case)
    spelling = TagSpelling.of(all_tags(scheme, layout, case))
    assert spelling.scheme == scheme
    assert read_spans(spelling.convert(tags)) == spans
    assert spelling.convert(tags) == write_spans(spans, length)
    insisted = TagSpelling.of(all_tags(scheme, layout, case), scheme)
    assert insisted == TagSpelling(scheme, spelling.layout, strict=True)
    assert insisted.convert(tags) == write_spans(spans, length)


@given(segments)
def test_iob1(segments):
    spans, length = spans_of(segments)
    tags = write_spans(spans, length, "IOB1")
    spelling = TagSpelling.of(["O", *(f"{x}-{name}" for x in "BI" for name in TYPES)], "IOB1")
    assert spelling.convert(tags) == write_spans(spans, length)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("O B-PER I-PER", "BIO"),
        ("O I-PER I-LOC B-LOC", "IOB1"),  # as CoNLL-2003 has them
        ("O I-PER I-LOC", "IO"),
        ("B I O", "BIO, spelt LETTER"),  # NCBI disease
        ("I O", "IO, spelt LETTER"),
        ("B M E S", "BMES, spelt LETTER"),  # words of Chinese
        ("O B-NAME M-NAME E-NAME S-NAME", "BMES"),  # ResumeNER
        ("O B_PER M_PER E_PER W_PER", "BMEWO, spelt LETTER_TYPE"),
        ("O PER_B PER_I", "BIO, spelt TYPE_LETTER"),
        ("O B:PER L:PER U:PER", "BILOU, spelt LETTER:TYPE"),
        ("o b-per e-per", "BIOES"),
        ("O S-NORG.FOO", "BIOES"),
        ("O I-X E-X", "BIOES"),
    ],
)
def test_what_is_said_of_a_file(tags, said):
    assert str(TagSpelling.of(tags.split())) == said
    assert why_plain(tags.split()) is None


@pytest.mark.parametrize(
    ("tags", "types"),
    [
        ("O B-MISC-X I-MISC-X", {"MISC-X"}),
        ("O B-A_B I-A_B", {"A_B"}),
        ("O A_B_B A_B_I", {"A_B"}),
        ("O B-cell-B B-cell-I", {"B-cell"}),
        ("O S-B S-I", {"S"}),
        ("O B-S I-S B-E I-E", {"S", "E"}),
        ("O B-D-B I-D-B B-D-E I-D-E B-D-S I-D-S", {"D-B", "D-E", "D-S"}),
    ],
)
def test_of_two_readings_the_one_that_keeps_types_whole(tags, types):
    found = TagSpelling.of(tags.split()).convert(tags.split())
    assert {span_type for span_type, *_ in read_spans(found)} == types


@pytest.mark.parametrize(
    "tags",
    [
        "NN NNS NNP VB VBD PRP$ WP$ -LRB- . , `` '' $ # : SYM",
        "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X",
        "N V A P C M",
        "n v a b e i m o s u w d p r",  # PKU: some are letters of schemes
        "ADJA ART APPR $. $, $( VVFIN",
        "NN-TL NN-HL NP-S AT-TL",
        "nsubj obj acl:relcl nsubj:pass root",
        "0 1 2 3",
        "positive negative",
        "O",
        "B S",
        "N_S V_S A_S",
        "Sing|Nom Plur|Acc _",
        "A B AB",
        "",
    ],
)
def test_plain_classes(tags):
    assert TagSpelling.of(tags.split()) is None
    assert why_plain(tags.split()) is None


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ("O B-PER I-PER PER", r"one of O, B-type, I-type\. Received: 'PER'$"),
        ("O B-X I-X L-X S-X", r"O, B-type, I-type, E-type, S-type\. Received: 'L-X'$"),
        ("B-X I-X a b c d e f g", "'a', 'b', 'c', 'd', 'e' and 2 more"),
        ("O B", "'O', 'B' may be letters of spans, but then no span goes on"),
        ("O N_S A_S", "'O', 'N_S', 'A_S' may be letters of spans, but then no span goes on"),
        ("O PER LOC", "beside types without letters, as in IO. Received: 'O', 'PER', 'LOC'"),
        ("O B I 0", "one of O, B, I. Received: '0'"),
    ],
)
def test_what_looks_like_spans_and_is_none(tags, why):
    assert TagSpelling.of(tags.split()) is None
    assert re.search(why, why_plain(tags.split()) or "")


def test_a_scheme_that_is_insisted_on():
    assert TagSpelling.of(["O", "B-X", "I-X"], "none") is None
    assert TagSpelling.of(["O", "B"], "BIO").convert(["B", "O"]) == ["B-SPAN", "O"]
    assert TagSpelling.of(["O"], "BIOES").convert(["O"]) == ["O"]
    types = TagSpelling.of(["O", "PER", "LOC"], "IO")
    assert str(types) == "IO, spelt TYPE"
    assert types.convert(["PER", "PER", "LOC", "O"]) == ["B-PER", "I-PER", "B-LOC", "O"]


@pytest.mark.parametrize(
    ("scheme", "tags", "message"),
    [
        ("BIOES", "O B-X I-X L-X", "a tag in BIOES is one of .*S-type. Received: 'L-X'"),
        ("BIO", "NN VB", "Received: 'NN', 'VB'. \"none\" takes tags as plain classes"),
        ("IO", "O B-X I-X", "a tag in IO is one of O, I-type. Received: 'B-X'"),
        ("BMES", "O B_X I_X", "one of O, B_type, M_type, E_type, S_type. Received: 'I_X'"),
        ("IOE", "O", "one of IOB1, BIO, .*none. Received: 'IOE'"),
    ],
)
def test_tags_of_another_scheme_are_refused(scheme, tags, message):
    with pytest.raises(ValueError, match=message):
        TagSpelling.of(tags.split(), scheme)


@pytest.mark.parametrize(
    ("scheme", "tags", "message"),
    [
        ("BIO", "O X_I", r"tag 1 \('X_I'\) must not stand behind 'O' in BIO. Received: O X_I"),
        ("BMES", "X_B O", r"tag 1 \('O'\) must not stand behind 'X_B' in BMES"),
        ("BMEWO", "X_M", r"tag 0 \('X_M'\) must not stand at the beginning of a sentence in BMEWO"),
        ("BMES", "O X_B", "the end of the sentence must not stand behind 'X_B'"),
        ("BIO", "O X_S", "one of O, type_B, type_I. Received: tag 1, 'X_S'"),
    ],
)
def test_what_is_against_a_scheme_is_refused_as_it_is_spelt(scheme, tags, message):
    spelling = TagSpelling(scheme, "TYPE_LETTER", strict=True)
    with pytest.raises(ValueError, match=message):
        spelling.convert(tags.split())


@given(st.sets(st.text("BIEOSo-_:x", min_size=1, max_size=5), max_size=4), st.data())
def test_any_tags_are_classes_or_become_bio(tags, data):
    spelling = TagSpelling.of(tags)
    why_plain(tags)
    if spelling:
        sentence = data.draw(st.lists(st.sampled_from(sorted(tags))))
        found = spelling.convert(sentence)
        assert len(found) == len(sentence)
        check_tags(found, "BIO")


def test_without_insisting_spans_are_mended_as_conlleval_reads_them():
    spelling = TagSpelling.of(["O", "X_B", "X_M", "X_E", "Y_W"])
    assert spelling.convert(["X_M", "O", "X_B", "O"]) == ["B-X", "O", "B-X", "O"]
