"""Downloads from a server that drops, stalls, truncates and lies."""

import hashlib
import os
import threading
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kill_support import check_kills

from keras_elmo.weights import WeightsError
from keras_elmo.weights.sources import catalogue as catalogue_module
from keras_elmo.weights.sources.catalogue import (
    PublishedModel,
    RemoteFile,
    catalogue,
    fetch,
    search,
)
from keras_elmo.weights.sources.download import DownloadError, download

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = {"wait_seconds": 0.01, "stall_seconds": 0.5}


class Server:
    """Serves CONTENT; `faults` are what it does wrong in the next requests, one after another."""

    def __init__(self):
        self.faults, self.ranges, self.tag, self.content = [], [], '"1"', CONTENT
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/elmo.hdf5"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, request):
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        fault = self.faults.pop(0) if self.faults else None
        if fault == "missing":
            request.send_error(404)
            return
        begin = 0
        if asked and request.headers.get("If-Range") == self.tag and fault != "no ranges":
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
        if begin > len(self.content):
            request.send_error(416)
            return
        request.send_response(206 if begin else 200)
        if begin:
            size = len(self.content)
            request.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        request.send_header("ETag", self.tag)
        if fault != "no length":
            request.send_header("Content-Length", str(len(self.content) - begin))
        request.end_headers()
        rest = self.content[begin:]
        if fault in ("drop", "stall", "nothing"):
            request.wfile.write(rest[: 0 if fault == "nothing" else 100_000])
            if fault == "stall":
                time.sleep(1.0)
            request.close_connection = True
            return
        request.wfile.write(rest)

    def close(self):
        self._http.shutdown()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def assert_whole(path):
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file(server, tmp_path):
    seen = []
    download(
        server.url,
        tmp_path / "a",
        num_bytes=len(CONTENT),
        sha256=SHA256,
        on_bytes=lambda done, total: seen.append((done, total)),
    )
    assert_whole(tmp_path / "a")
    assert seen[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("fault", ["drop", "stall"])
def test_it_goes_on_where_it_broke_off(server, tmp_path, fault):
    server.faults = [fault, fault]
    download(server.url, tmp_path / "a", sha256=SHA256, **QUICK)
    assert_whole(tmp_path / "a")
    begins = [int(asked.strip("bytes=-")) for asked in server.ranges[1:]]
    assert 50_000 < begins[0] <= 100_000 < begins[1] <= 200_000  # what was read of them is kept


def test_a_later_call_goes_on(server, tmp_path):
    server.faults = ["drop", *["missing"]]
    with pytest.raises(DownloadError, match=r"65,536 bytes are kept"):
        download(server.url, tmp_path / "a", **QUICK)
    assert not (tmp_path / "a").exists()
    download(server.url, tmp_path / "a", **QUICK)
    assert_whole(tmp_path / "a")
    assert server.ranges[-1] == "bytes=65536-"


def test_another_file_meanwhile(server, tmp_path):
    """The rest of a file that changed is not put behind the beginning of the old one."""
    server.faults = ["drop", "missing"]
    with pytest.raises(DownloadError):
        download(server.url, tmp_path / "a", **QUICK)
    server.tag, server.content = '"2"', CONTENT[::-1]
    download(server.url, tmp_path / "a", **QUICK)
    assert (tmp_path / "a").read_bytes() == CONTENT[::-1]


def test_a_shorter_file_meanwhile(server, tmp_path):
    server.faults = ["drop", "missing"]
    with pytest.raises(DownloadError):
        download(server.url, tmp_path / "a", **QUICK)
    server.content = CONTENT[:50_000]
    download(server.url, tmp_path / "a", **QUICK)
    assert (tmp_path / "a").read_bytes() == CONTENT[:50_000]


def test_a_server_without_ranges(server, tmp_path):
    server.faults = ["drop", "no ranges"]
    download(server.url, tmp_path / "a", **QUICK)
    assert_whole(tmp_path / "a")


def test_truncated_without_a_length(server, tmp_path):
    """Nothing says that bytes are missing but what is known of the file."""
    server.content = CONTENT[:1000]
    server.faults = ["no length"]
    with pytest.raises(WeightsError, match=r"300,000 bytes\. Received: 1,000"):
        download(server.url, tmp_path / "a", num_bytes=len(CONTENT), **QUICK)
    assert not list(tmp_path.iterdir())


def test_another_content(server, tmp_path):
    server.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(WeightsError, match="sha256"):
        download(server.url, tmp_path / "a", sha256=SHA256, **QUICK)
    assert not list(tmp_path.iterdir())


def test_more_than_there_should_be(server, tmp_path):
    with pytest.raises(WeightsError, match=r"must have 1,000 bytes\. Received more"):
        download(server.url, tmp_path / "a", num_bytes=1000, **QUICK)
    assert not list(tmp_path.iterdir())


def test_a_server_that_only_fails(server, tmp_path):
    server.faults = ["drop", *["nothing"] * 9]
    with pytest.raises(DownloadError, match="call again to go on"):
        download(server.url, tmp_path / "a", **QUICK)
    assert len(server.ranges) == 6  # five of them without any progress
    server.faults = ["missing"]
    with pytest.raises(DownloadError, match="404"):
        download(server.url, tmp_path / "b", **QUICK)
    assert len(server.ranges) == 7  # asked once: it will not be there the next time either


def test_nobody_there(tmp_path):
    with pytest.raises(DownloadError, match="could not be fetched"):
        download("http://127.0.0.1:9/a", tmp_path / "a", **QUICK)


def test_offline(server, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_ELMO_OFFLINE", "1")
    with pytest.raises(DownloadError, match="KERAS_ELMO_OFFLINE"):
        download(server.url, tmp_path / "a")
    assert not server.ranges


# === The catalogue ===


def test_entries():
    entries = catalogue()
    assert len([name for name in entries if name.startswith("elmo_many_langs_")]) == 44
    for model in entries.values():
        assert model.licence
        assert model.citation
        assert all(file.url.startswith("http") for file in model.files.values())
    urls = [file.url for model in entries.values() for file in model.files.values()]
    assert len(set(urls)) == len(urls)


def test_search():
    assert [model.name for model in search("spanish")] == ["elmo_many_langs_es"]
    assert {model.name for model in search("english original")} == {"elmo_original_en"}
    assert len(search()) == len(catalogue())


def test_fetch(server, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_ELMO_HOME", str(tmp_path))
    file = RemoteFile(server.url, len(CONTENT), SHA256)
    model = PublishedModel("mine", "English", "", "", "", {"a.hdf5": file, "b.json": file})
    folder = fetch(model)
    assert folder == tmp_path / "models/mine"
    assert (folder / "a.hdf5").read_bytes() == (folder / "b.json").read_bytes() == CONTENT
    assert fetch(model) == folder
    assert len(server.ranges) == 2  # they are there
    (folder / "b.json").unlink()
    fetch(model)
    assert len(server.ranges) == 3
    alone = PublishedModel("alone", "English", "", "", "", {"1.zip": file})
    assert fetch(alone) == tmp_path / "models/alone/1.zip"


def test_fetch_killed_at_every_file_event(server, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_ELMO_HOME", ".")
    server.content = CONTENT[:100]
    file = RemoteFile(server.url, 100, hashlib.sha256(CONTENT[:100]).hexdigest())
    model = PublishedModel("mine", "English", "", "", "", {"a.hdf5": file, "b.json": file})
    _, refused = check_kills(tmp_path, monkeypatch, partial(fetch, model))
    assert not refused


def test_load_by_name(server, tmp_path, monkeypatch):
    from support import random_variables, small_config

    from keras_elmo.weights import save_bilm_tf
    from keras_elmo.weights.detection import load_elmo

    save_bilm_tf(
        small_config(), random_variables(small_config()), tmp_path / "w", tmp_path / "options.json"
    )
    monkeypatch.setenv("KERAS_ELMO_HOME", str(tmp_path / "home"))
    server.content = (tmp_path / "w").read_bytes()
    model = PublishedModel("mine", "English", "", "", "", {"weights.hdf5": RemoteFile(server.url)})
    model.folder.mkdir(parents=True)
    (tmp_path / "options.json").rename(model.folder / "options.json")
    monkeypatch.setattr(catalogue_module, "catalogue", lambda: {"mine": model})
    monkeypatch.setattr("keras_elmo.weights.sources.location.catalogue", lambda: {"mine": model})
    assert load_elmo("mine").config["units"] == small_config()["units"]
