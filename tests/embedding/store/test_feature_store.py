"""Stored features: what goes in comes out, and what cannot be stored is refused."""

import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_support import (
    SENTENCE_BYTES,
    SENTENCES,
    check,
    done,
    fill,
    numbered,
    opened,
    python,
    rows,
    segments,
    stored,
)

from keras_elmo.embedding.store import feature_store, segment_reader
from keras_elmo.embedding.store.encoding import sentence_key
from keras_elmo.embedding.store.errors import NotStoredError


@pytest.fixture(autouse=True, scope="module")
def _mapped():
    """Map small segments, too, as if they were large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment_reader, "_SMALL", 0)
        yield


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path) as store:
        yield store


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.text(st.characters(), max_size=4), max_size=4), max_size=8),
    st.sampled_from(["float16", "float32"]),
)
def test_any_sentences_in_any_order(sentences, dtype):
    with tempfile.TemporaryDirectory() as root, opened(root, dtype=dtype) as store:
        distinct = list(map(list, dict.fromkeys(map(tuple, sentences))))
        assert [sentences[i] for i in store.missing(sentences)] == distinct
        fill(store, sentences)
        assert store.missing(sentences) == []
        assert (stored(store), store.index.totals().tokens) == (
            len(distinct),
            sum(map(len, distinct)),
        )
        check(store, sentences)
        check(store, sentences[::-1])
        with opened(root, dtype=dtype) as again:
            check(again, sentences)


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=2), max_size=3), unique_by=tuple))
def test_where_tokens_end_counts(sentences):
    assert len({sentence_key(sentence) for sentence in sentences}) == len(sentences)
    assert sentence_key(["ab", "c"]) != sentence_key(["a", "bc"])


def test_features_are_a_read_only_sequence(store):
    fill(store, SENTENCES)
    features = store.features(SENTENCES)
    assert len(features) == 4
    assert features[-1].shape == (1, 3, 4)
    assert [len(x) for x in features[1:3]] == [0, 3]
    assert [len(x) for x in features] == [4, 0, 3, 1]
    with pytest.raises(ValueError, match="read-only"):
        features[0][0] = 0
    fill(store, numbered(0, 5))  # the segment grows while it is mapped
    check(store, [*numbered(0, 5), *SENTENCES])
    store.close()
    np.testing.assert_array_equal(features[0], rows(SENTENCES[0]).astype("float16"))
    with pytest.raises(ValueError, match="was closed"):
        store.missing(SENTENCES)


def test_what_is_stored_first_stays(store):
    fill(store, SENTENCES)
    store.add(SENTENCES, [rows(tokens) + 1 for tokens in SENTENCES])
    check(store, SENTENCES)


def test_features_come_lazily_and_in_batches(store, monkeypatch):
    monkeypatch.setattr(feature_store, "_BATCH_SENTENCES", 3)
    sentences = numbered(0, 10)

    def features():
        for i, tokens in enumerate(sentences):
            assert stored(store) == i - i % 3
            yield rows(tokens)

    store.add(iter(sentences), features())
    check(store, sentences)


def test_what_came_before_an_error_is_stored(store):
    def features():
        yield rows(SENTENCES[0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add(SENTENCES, features())
    check(store, SENTENCES[:1])
    assert store.missing(SENTENCES) == [1, 2, 3]


def test_segments_rotate(tmp_path):
    with opened(tmp_path, max_bytes=100 * SENTENCE_BYTES) as store:
        for i in range(40):
            fill(store, numbered(i, i + 1))
        assert len(segments(store)) == 4
        check(store, numbered(0, 40))
        assert store.index.totals().nbytes == 40 * SENTENCE_BYTES


def test_small_segments_are_read_into_memory(store, monkeypatch):
    monkeypatch.setattr(segment_reader, "_SMALL", 1_000_000)
    fill(store, SENTENCES)
    features = store.features(SENTENCES)
    with pytest.raises(ValueError, match="read-only"):
        features[0][0] = 0
    fill(store, numbered(0, 5))
    check(store, [*numbered(0, 5), *SENTENCES])


# === What is refused ===


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.full((1, 3, 4), 70_000.0), r"±65504.*Received: 70000.*dtype='float32'"),
        (np.full((1, 3, 4), np.nan), "not all finite. Received: nan"),
        (np.full((1, 3, 4), -np.inf), "not all finite. Received: inf"),
        (np.zeros((2, 3, 4)), r"here \(1, 3, 4\). Received: \(2, 3, 4\)"),
    ],
)
def test_features_that_cannot_be_stored(store, features, message):
    with pytest.raises(ValueError, match=message):
        store.add([["Ada"]], [features])
    assert stored(store) == 0


def test_the_largest_numbers(tmp_path):
    with opened(tmp_path, dtype="float32") as store:
        store.add([["Ada"]], [np.full((1, 3, 4), -70_000.0)])
        assert store.features([["Ada"]])[0].max() == -70_000
    with opened(tmp_path) as store:
        assert stored(store) == 0  # another type is another folder
        store.add([["Ada"]], [np.full((1, 3, 4), -65504.0)])


def test_arguments(store, tmp_path):
    with pytest.raises(ValueError, match="Received: 1 features, and more"):
        store.add([["a"], ["b"]], [rows(["a"])])
    with pytest.raises(ValueError, match="must be a list of tokens"):
        store.missing(["Ada"])
    with pytest.raises(NotStoredError, match="no features of sentence 1, 'Ada lives"):
        store.features([["a"], ["Ada", "lives"]])
    for kwargs in ({"fingerprint": "../up"}, {"dtype": "int8"}, {"max_bytes": 0}):
        with pytest.raises(ValueError, match="Received: "):
            opened(tmp_path, **kwargs)


def test_the_root_and_the_limit_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_ELMO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    with opened(None) as store:
        assert store.folder.parent == tmp_path / "xdg" / "keras-elmo" / "features"
    monkeypatch.setenv("KERAS_ELMO_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("KERAS_ELMO_CACHE_BYTES", "1.5 MB")
    with opened(None) as store:
        assert store.folder.parent == tmp_path / "own" / "features"
        assert store.max_bytes == 1_500_000
    monkeypatch.setenv("KERAS_ELMO_CACHE_BYTES", "much")
    with pytest.raises(ValueError, match="KERAS_ELMO_CACHE_BYTES: expected a size such as 5GB"):
        opened(None)


def test_it_needs_no_keras():
    code = "print(*{'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    assert done(python(code)).split() == []
