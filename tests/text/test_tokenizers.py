import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize.destructive import NLTKWordTokenizer

from keras_elmo.text.tokenizers import get_tokenizer

# What the Treebank rules rewrite or split, in any neighbourhood.
treebank_parts = st.sampled_from(
    [
        *"\"'`.,?!:;()[]$%&*<> \n\t\u00a0",
        "''",
        "``",
        "--",
        "...",
        "n't",
        "'s",
        "cannot",
        "“",
        "”",
        "é",
        "A",
        "b",
        "1",
    ]
)
texts = st.text() | st.lists(treebank_parts, max_size=15).map("".join)


@pytest.mark.parametrize("name", ["whitespace", "words"])
@given(text=texts)
def test_spans_cover_everything_but_the_space_between(name, text):
    tokenizer = get_tokenizer(name)
    is_space = (lambda c: c == " ") if name == "whitespace" else str.isspace
    spans = tokenizer.spans(text)
    covered = [place for start, end in spans for place in range(start, end)]
    assert covered == [place for place, c in enumerate(text) if not is_space(c)]
    assert all(start < end for start, end in spans)
    assert tokenizer(text) == [text[start:end] for start, end in spans]


@given(texts)
def test_whitespace_splits_on_single_spaces_only(text):
    assert get_tokenizer("whitespace")(text) == [part for part in text.split(" ") if part]


@given(
    st.lists(st.sampled_from(["It", "isn't", "Mr.", "(so)", "$3.88,", "cannot", "it's", "a--b"]))
)
def test_words_of_one_sentence_are_nltks(parts):
    text = " ".join(parts) + "."
    assert get_tokenizer("words")(text) == NLTKWordTokenizer().tokenize(text)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It is bad. I left.", "It is bad . I left ."),
        ('He said "no." Then he left.', 'He said " no . " Then he left .'),
        ("One line.\ntwo lines.", "One line . two lines ."),
        ("In 2010. Then (so). Now", "In 2010 . Then ( so ) . Now"),
        (
            "J. Smith of the U.S. Army met Mr. Jones... He",
            "J. Smith of the U.S. Army met Mr. Jones ... He",
        ),
    ],
)
def test_where_a_sentence_ends_in_a_longer_text(text, tokens):
    assert get_tokenizer("words")(text) == tokens.split()


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"'whitespace', 'words'. Received: 'spacy'"):
        get_tokenizer("spacy")
