"""Spans of characters as tags of tokens, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.data.annotation.offsets import in_characters, in_utf16
from keras_elmo.data.annotation.spans import checked_spans, tag_spans, tokens_and_tags
from keras_elmo.data.bad_rows import RowError
from keras_elmo.text.tokenizers import get_tokenizer

WORDS, SPACES = get_tokenizer("words"), get_tokenizer("whitespace")
texts = st.text("ab .,'-é😀\n", max_size=30)


@st.composite
def aligned(draw):
    """A text, a tokenizer, and spans of its tokens that do not overlap."""
    text, tokenizer = draw(texts), draw(st.sampled_from([WORDS, SPACES]))
    places = tokenizer.spans(text)
    edges = sorted(draw(st.sets(st.integers(0, len(places)), max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    spans = [(places[a][0], places[b - 1][1], draw(st.sampled_from("XY"))) for a, b in pairs]
    # Spaces alone part tokens in one of the tokenizers, so that they may end in other white space.
    return text, tokenizer, [(s, e, kind) for s, e, kind in spans if text[s:e].strip() == text[s:e]]


@given(aligned(), st.sampled_from(["error", "expand", "contract"]))
def test_spans_to_tags_to_spans(case, align):
    text, tokenizer, spans = case
    found = tokens_and_tags(text, checked_spans(text, spans), tokenizer, align)
    assert found.tokens == tokenizer(text)
    assert found.misaligned == []
    assert tag_spans(found.tags, tokenizer.spans(text)) == spans


@given(st.text("ab .,é😀", min_size=1, max_size=20), st.data())
def test_widened_and_narrowed_as_by_brute_force(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    span = (start, data.draw(st.integers(start + 1, len(text))), "X")
    places = SPACES.spans(text)
    inside = {i for i in range(*span[:2]) if not text[i].isspace()}
    touched = [bool(inside & set(range(*place))) for place in places]
    covered = [set(range(*place)) <= inside for place in places]
    for align, wanted in (("expand", touched), ("contract", covered)):
        if not any(wanted):
            with pytest.raises(RowError, match="must hold a whole token"):
                tokens_and_tags(text, [span], SPACES, align)
            continue
        tags = tokens_and_tags(text, [span], SPACES, align).tags
        assert [tag != "O" for tag in tags] == wanted


def test_misaligned_spans_are_refused_or_counted():
    text, spans = "Ada Lovelace lived in London.", [(0, 13, "PER"), (22, 28, "LOC")]
    assert tokens_and_tags(text, spans, WORDS).tags == ["B-PER", "I-PER", "O", "O", "B-LOC", "O"]
    with pytest.raises(
        RowError, match=r"'London' \(LOC, 22 to 28\), which cuts 'London\.'"
    ) as caught:
        tokens_and_tags(text, spans, SPACES)
    assert caught.value.reason == "span that cuts a token"
    assert "--align expand" in str(caught.value)
    assert "--tokenizer words" in str(caught.value)
    found = tokens_and_tags(text, spans, SPACES, "expand")
    assert found.tags == ["B-PER", "I-PER", "O", "O", "B-LOC"]
    assert found.misaligned == [(22, 28, "LOC")]
    with pytest.raises(RowError, match="must hold a whole token"):
        tokens_and_tags(text, spans, SPACES, "contract")
    with pytest.raises(RowError, match=r"in two spans\. Received: 'Paris-Rome'"):
        tokens_and_tags("Paris-Rome", [(0, 5, "A"), (6, 10, "B")], WORDS, "expand")
    with pytest.raises(ValueError, match="align is one of error, expand, contract"):
        tokens_and_tags(text, [], WORDS, "both")


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ([(0, 3, "A"), (2, 4, "B")], "overlapping spans"),
        ([(2, 5, "A"), (2, 5, "A")], "overlapping spans"),
        ([(2, 2, "A")], "empty span"),
        ([(0, 6, "A")], "span outside the text"),
        ([(-1, 2, "A")], "span outside the text"),
        ([(3, 2, "A")], "span outside the text"),
        ([(0, 2, " ")], "span without a type"),
        ([(0, 2, None)], "span without a type"),
        ([(0, 2)], "no span"),
        ("x", "no span"),
        ([(0, "2", "A")], "span without its place"),
        ([(0, True, "A")], "span without its place"),
        ([(0.0, 2, "A")], "span without its place"),
    ],
)
def test_spans_that_cannot_be_used(spans, reason):
    with pytest.raises(RowError) as caught:
        checked_spans("abcde", spans)
    assert caught.value.reason == reason


@given(st.text("aé😀𝒚 ", max_size=12), st.data())
def test_utf_16_there_and_back(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    units = in_utf16(text, start), in_utf16(text, end)
    assert units[1] == len(text[:end].encode("utf-16-le")) // 2
    assert in_characters(text, *units, offsets="utf-16") == (start, end)
    assert in_characters(text, start, end, offsets="characters") == (start, end)


def test_what_is_quoted_tells_what_was_counted():
    text = "💩This is an annotation."
    assert in_characters(text, 13, 23, quoted="annotation") == (12, 22)
    assert in_characters(text, 12, 22, quoted="annotation") == (12, 22)
    with pytest.raises(RowError, match="Received: 'annotation'"):
        in_characters(text, 14, 24, quoted="annotation")
    with pytest.raises(RowError, match="--offsets utf-16"):
        in_characters(text, 13, 23)
    assert in_characters("no emoji", 0, 2) == (0, 2)
    assert in_characters("😀 a", 1, 3, quoted=" a", offsets="utf-16") == (1, 3)
    with pytest.raises(RowError, match="in the middle of an emoji"):
        in_characters("😀 a", 1, 3, offsets="utf-16")
    # Both hold it.
    assert in_characters("😀aa", 2, 3, quoted="a", offsets="utf-16") == (1, 2)
    assert in_characters("😀aa", 2, 3, quoted="a", offsets="characters") == (2, 3)
