from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_elmo.files.lines import DataError
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID, MARKS, UNK_ID, Vocabulary

words = st.text(min_size=1, max_size=5).filter(lambda w: w not in MARKS and not {*w} & {*"\r\n\0"})


def test_ids_are_places_counted_from_one():
    vocabulary = Vocabulary([*MARKS, "the", "cat"])
    assert vocabulary.encode([["cat", "sat"], ["the"]]).tolist() == [[5, UNK_ID], [4, 0]]
    assert vocabulary.encode([["cat", "sat"]], length=1).tolist() == [[5]]
    assert vocabulary.encode([list(MARKS)]).tolist() == [[BOS_ID, EOS_ID, UNK_ID]]
    assert len(vocabulary) == 5


@pytest.mark.parametrize("name", ["vocab.txt", "vocab.txt.gz"])
@given(tokens=st.lists(words, unique=True))
def test_save_and_load_keep_every_word(tmp_path_factory, name, tokens):
    path = tmp_path_factory.mktemp("vocabulary") / name
    Vocabulary([*MARKS, *tokens]).save(path)
    assert Vocabulary.load(path).tokens == (*MARKS, *tokens)
    assert [file.name for file in path.parent.iterdir()] == [name]  # nothing unfinished is left


@given(st.lists(words | st.sampled_from([*MARKS, "", "\n"])), st.integers(1, 3), st.integers(3, 9))
def test_counts_keep_the_most_frequent(tokens, min_count, max_size):
    counts = Counter(tokens)
    kept = Vocabulary.from_counts(counts, max_size, min_count).tokens[3:]
    rank = {word: (-counts[word], word) for word in counts if counts[word] >= min_count}
    for word in (*MARKS, "", "\n"):
        rank.pop(word, None)
    assert list(kept) == sorted(rank, key=rank.__getitem__)[: max_size - 3]


def test_a_published_counter_and_blank_last_lines_are_no_words(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_bytes("\ufeff<S>\r\n</S>\r\n<UNK>\r\n!!!MAXTERMID\r\nthe\r\n\r\n".encode())
    assert Vocabulary.load(path).tokens == (*MARKS, "the")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("</S>\n<S>\n<UNK>\n", r"vocab.txt: .* begin with <S> </S> <UNK>. Received: </S> <S>"),
        ("<S>\n</S>\n<UNK>\n\nthe\n", "vocab.txt:4: blank line"),
        ("<S>\n</S>\n<UNK>\nthe\nthe\n", "only once. Received: 'the'"),
    ],
)
def test_files_that_would_shift_the_ids_are_refused(tmp_path, content, message):
    path = tmp_path / "vocab.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        Vocabulary.load(path)
