"""Archives of strangers: nothing is written outside of the folder, and not without end."""

import io
import os
import stat
import tarfile
import zipfile

import pytest

from keras_elmo.weights import WeightsError
from keras_elmo.weights.formats.archives import is_archive, unpack


def make_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def make_tar(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


@pytest.fixture(params=[make_zip, make_tar], ids=["zip", "tar"])
def make(request, tmp_path):
    def made(files):
        request.param(tmp_path / "archive", files)
        return tmp_path / "archive"

    return made


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def test_unpacks(make, folder):
    path = make({"a.txt": b"1", "inner/b.txt": b"22"})
    assert is_archive(path)
    unpack(path, folder)
    assert (folder / "a.txt").read_bytes() == b"1"
    assert (folder / "inner/b.txt").read_bytes() == b"22"


@pytest.mark.parametrize("name", ["../outside.txt", "a/../../outside.txt", "{parent}/outside.txt"])
def test_nothing_outside(make, folder, name):
    path = make({name.format(parent=folder.parent): b"1"})
    with pytest.raises(WeightsError, match="outside of the folder"):
        unpack(path, folder)
    assert not (folder.parent / "outside.txt").exists()


def test_no_links(tmp_path, folder):
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    unpack(tmp_path / "links.tar", folder)
    assert not list(folder.iterdir())
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc")
    unpack(tmp_path / "links.zip", folder)
    assert not os.path.islink(folder / "link")


def test_expansion_is_bounded(make, folder):
    path = make({"zeros": bytes(10_000_000)})
    assert path.stat().st_size < 100_000
    with pytest.raises(WeightsError, match="more than 5,000,000 bytes"):
        unpack(path, folder, most_bytes=5_000_000)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 5_000_000


def test_number_of_files_is_bounded(make, folder):
    path = make({f"{i}": b"1" for i in range(10_001)})
    with pytest.raises(WeightsError, match="10,000 files"):
        unpack(path, folder)


def test_damage(make, folder):
    path = make({"a": os.urandom(100_000)})
    content = path.read_bytes()
    path.write_bytes(content[:50_000] + b"?" * 20_000 + content[70_000:])
    with pytest.raises(WeightsError, match="truncated or damaged") as caught:
        unpack(path, folder)
    assert str(path) in str(caught.value)


def test_truncated_tar(tmp_path, folder):
    make_tar(tmp_path / "a.tar", {"a": os.urandom(100_000)}, "w")
    content = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(content[:50_000])
    with pytest.raises(WeightsError, match="truncated or damaged"):
        unpack(tmp_path / "a.tar", folder)
