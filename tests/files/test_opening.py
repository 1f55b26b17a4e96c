"""Compressed files are read like plain ones; damage is told apart from an end."""

import gzip
import lzma
import sys

import pytest

from keras_elmo.files.lines import DataError, numbered_lines
from keras_elmo.pretraining.corpus import prepare_corpus

PLAIN = "".join(f"line {i} of the näive text\n" for i in range(3000)).encode()


def zstd(content):
    if sys.version_info >= (3, 14):
        from compression.zstd import compress

        return compress(content)
    return pytest.importorskip("zstandard").ZstdCompressor().compress(content)


COMPRESS = {".txt": bytes, ".gz": gzip.compress, ".xz": lzma.compress, ".zst": zstd}
COMPRESSED = [".gz", ".xz", ".zst"]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_content(suffix, tmp_path):
    path, compress = tmp_path / f"a{suffix}", COMPRESS[suffix]
    path.write_bytes(compress(PLAIN) + compress(PLAIN))  # two streams or frames, as `cat` makes
    expected = PLAIN.decode().splitlines() * 2
    assert [line for _, line in numbered_lines(path)] == expected
    assert prepare_corpus([path], tmp_path / "c").num_tokens == len(" ".join(expected).split())


@pytest.mark.parametrize("suffix", COMPRESSED)
@pytest.mark.parametrize("damage", ["cut", "cut early", "damaged", "other"])
def test_damaged(suffix, damage, tmp_path):
    whole = COMPRESS[suffix](PLAIN)
    content = {
        "cut": whole[:-9],
        "cut early": whole[:3],
        "damaged": whole[:30] + b"\xff" * 40 + whole[70:],
        "other": PLAIN,
    }
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content[damage])
    with pytest.raises(DataError, match=rf"a\{suffix}:\d+: the \{suffix} file is damaged"):
        list(numbered_lines(path))
    with pytest.raises(DataError, match=rf"a\{suffix}:\d+: the \{suffix} file is damaged"):
        prepare_corpus([path], tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="reads .zst by itself")
def test_without_zstandard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "a.zst").write_bytes(b"x")
    with pytest.raises(ImportError, match=r'pip install "keras-elmo\[zstd\]"'):
        prepare_corpus([tmp_path / "a.zst"], tmp_path / "c")
