"""Compressed files are read like plain ones, whatever their name; damage is told from an end."""

import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import threading
import zipfile

import pytest

from keras_elmo.files.lines import DataError, TextSource, numbered_lines
from keras_elmo.pretraining.corpus import prepare_corpus

PLAIN = "".join(f"line {i} of the näive text\n" for i in range(3000)).encode()


def zstd(content):
    if sys.version_info >= (3, 14):
        from compression.zstd import compress

        return compress(content)
    return pytest.importorskip("zstandard").ZstdCompressor().compress(content)


def zipped(content, *others):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/a.txt", content)
        archive.writestr("__MACOSX/folder/._a.txt", b"\0of macOS")
        for name in others:
            archive.writestr(name, "more")
    return file.getvalue()


STREAMS = {"plain": bytes, "gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress}
STREAMS["zstd"] = zstd
COMPRESSED = [*list(STREAMS)[1:], "zip"]
EXPECTED = PLAIN.decode().splitlines()


def lines(path):
    return [line for _, line in numbered_lines(path)]


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("name", ["a.txt", "a.gz", "a"])
def test_content_tells_and_not_the_name(kind, name, tmp_path):
    path, whole = tmp_path / name, STREAMS[kind](PLAIN)
    path.write_bytes(whole + whole)  # two streams or frames, as `cat` makes
    assert lines(path) == EXPECTED * 2
    expected = len(" ".join(EXPECTED * 2).split())
    assert prepare_corpus([path], tmp_path / "c").num_tokens == expected
    if kind == "gzip":
        path.write_bytes(whole + b"\0" * 9000)  # as tapes and disks are filled up
        assert lines(path) == EXPECTED


def test_a_zip_of_one_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(zipped(PLAIN))
    assert lines(path) == EXPECTED
    assert prepare_corpus([path], tmp_path / "c").num_tokens == len(PLAIN.split())


def test_a_frame_of_zstd_to_skip(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(struct.pack("<II", 0x184D2A50, 3) + b"abc" + zstd(PLAIN))  # as of pzstd
    assert lines(path) == EXPECTED


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["b.txt", "c.txt"], r"Received: 3: folder/a\.txt, b\.txt, c\.txt\. Unpack"),
        (["xl/workbook.xml"], "an Excel workbook. Save it as CSV"),
        (["word/document.xml"], "a Word document"),
        (["arr_0.npy"], "an archive of NumPy arrays"),
    ],
)
def test_a_zip_of_several_files_names_them(names, message, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(PLAIN, *names))
    with pytest.raises(DataError, match=rf"a\.zip: .*{message}"):
        lines(path)
    with pytest.raises(DataError, match=message):
        TextSource(path).head()
    with pytest.raises(DataError, match=message):
        prepare_corpus([path], tmp_path / "c")


def test_a_zip_without_a_file(tmp_path):
    path = tmp_path / "a.zip"
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(DataError, match=r"expected one file in the zip\. Received: 0"):
        lines(path)


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("damage", ["cut", "cut early", "damaged", "more"])
def test_damaged(kind, damage, tmp_path):
    whole = zipped(PLAIN) if kind == "zip" else STREAMS[kind](PLAIN)
    place = 120 if kind == "zip" else 30  # behind the header
    content = {
        "cut": whole[:-9],
        "cut early": whole[:12],
        "damaged": whole[:place] + b"\xff" * 40 + whole[place + 40 :],
        "more": whole + b"no frame",
    }
    path = tmp_path / "a"
    path.write_bytes(content[damage])
    if (kind, damage) == ("zip", "more"):  # the end of a zip is searched for
        assert lines(path) == EXPECTED
        return
    for read in (lines, lambda path: prepare_corpus([path], tmp_path / "c")):
        with pytest.raises(DataError, match=rf"a(:\d+)?: the {kind} data is damaged"):
            read(path)
    assert not (tmp_path / "c").exists()


def test_an_empty_file_is_plain(tmp_path):
    path = tmp_path / "a.gz"
    path.touch()
    assert lines(path) == []


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="reads zstd by itself")
def test_without_zstandard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (tmp_path / "a.zst").write_bytes(b"\x28\xb5\x2f\xfdx")
    for read in (lines, lambda path: prepare_corpus([path], tmp_path / "c")):
        with pytest.raises(ImportError, match=r'pip install "keras-elmo\[zstd\]"'):
            read(tmp_path / "a.zst")


class Pipe(io.RawIOBase):
    """Bytes that come one at a time and cannot be sought in."""

    def __init__(self, content):
        self.content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.content.readinto(memoryview(buffer)[:1])


@pytest.mark.parametrize("kind", [*STREAMS, "zip"])
def test_what_was_looked_at_in_standard_input_is_read(kind, monkeypatch):
    whole = zipped(PLAIN) if kind == "zip" else STREAMS[kind](PLAIN)
    for file in (Pipe(whole), io.BytesIO(whole)):
        stdin = io.TextIOWrapper(io.BufferedReader(file))
        monkeypatch.setattr(sys, "stdin", stdin)
        head = TextSource("-").head()
        assert len(head) > 60_000
        assert PLAIN.decode().startswith(head)
        assert TextSource("-").head() == head
        assert TextSource("-").encoding == "UTF-8"
        assert lines("-") == EXPECTED
        assert lines("-") == []  # it can be read only once
        assert not stdin.closed


def test_what_was_looked_at_in_a_named_pipe_is_read(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(PLAIN),))
    writer.start()
    assert TextSource(path).head().startswith("line 0 of")
    assert lines(path) == EXPECTED
    writer.join()
