"""Files of anything: every format reads them or refuses them, and nothing else happens."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_elmo.data import Reading, open_examples, read_dataset
from keras_elmo.data.formats import NAMES
from tests.data.reading_support import write

# Bytes of all kinds, and pieces of what the formats are made of.
PIECES = [b"{", b"}", b"[", b"]", b'"', b":", b",", b"\t", b"\n", b" ", b"#", b"_", b"O", b"B-X"]
PIECES += [b"text", b"label", b'"text": "a"', b"spans", b"1", b"-", b"\xff\xfe", b"\x00", b"\xe9"]
PIECES += [b"__label__x", b"T1\tX 0 1\ta", b"entities", b"\r", b"(X*", b"*)", b"NaN", b"1e999"]
content = st.one_of(st.binary(max_size=80), st.lists(st.sampled_from(PIECES)).map(b"".join))


@pytest.mark.parametrize("name", [*NAMES, None])
@given(content=content, data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_reader_ends_in_rows_or_in_an_error_that_is_meant(tmp_path_factory, name, content, data):
    packed = gzip.compress(content) if data.draw(st.booleans()) else content
    path = write(tmp_path_factory.mktemp("random") / f"a.{name or 'data'}", packed)
    reading = Reading(file_format=name, skip_bad=data.draw(st.booleans()))
    for labelled in (True, False):
        said = f"{path}"
        try:
            rows = list(open_examples(path, reading, labelled=labelled))
            if labelled:
                assert len(read_dataset(path, reading)) == len(rows)
        except (ValueError, OSError) as error:  # DataError, or that a file of a pair is not there
            said = str(error)
        assert "a." in said


@pytest.mark.parametrize("depth", [100, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"data":['])
def test_values_nested_without_end(tmp_path, depth, opening):
    path = write(tmp_path / "a.json", opening * depth)
    with pytest.raises(ValueError, match=r"a\.json"):
        read_dataset(path)
