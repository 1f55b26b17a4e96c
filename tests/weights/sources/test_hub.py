"""ELMos from the Hugging Face hub: its own library against a server that speaks like the hub."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import random_variables, small_config

from keras_elmo.weights import save_bilm_tf
from keras_elmo.weights.sources.hub import fetch_from_hub, is_hub_address

pytest.importorskip("huggingface_hub")
COMMIT = "a" * 40
PROGRAM = """
import sys
from keras_elmo.weights.detection import load_elmo
for address in sys.argv[1:]:
    try:
        elmo = load_elmo(address)
        print(elmo.format, len(dict(elmo.variables)))
    except Exception as error:
        print(type(error).__name__, " ".join(str(error).split()))
"""


class Hub(BaseHTTPRequestHandler):
    """The repository user/elmo, whose files are those of `folder`."""

    folder = None

    def do_GET(self):
        self.answer(with_body=True)

    def do_HEAD(self):
        self.answer(with_body=False)

    def answer(self, with_body):
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        names = {path.relative_to(self.folder).as_posix(): path for path in found}
        if self.path.startswith("/api/models/user/elmo/revision/main"):
            content = {"id": "user/elmo", "sha": COMMIT}
            content["siblings"] = [{"rfilename": name} for name in names]
            data, tag = json.dumps(content).encode(), "info"
        elif self.path.startswith(f"/api/models/user/elmo/tree/{COMMIT}"):
            entries = [
                {"type": "file", "path": name, "size": path.stat().st_size, "oid": tag_of(name)}
                for name, path in names.items()
            ]
            data, tag = json.dumps(entries).encode(), "tree"
        elif self.path.startswith(f"/user/elmo/resolve/{COMMIT}/"):
            name = self.path.removeprefix(f"/user/elmo/resolve/{COMMIT}/")
            data, tag = names[name].read_bytes(), tag_of(name)
        else:
            kind = "Revision" if "/revision/" in self.path and "user/elmo/" in self.path else "Repo"
            self.send_response(404)
            self.send_header("X-Error-Code", f"{kind}NotFound")
            self.end_headers()
            return
        self.send_response(200)
        for header in (
            ("Content-Length", str(len(data))),
            ("ETag", f'"{tag}"'),
            ("X-Repo-Commit", COMMIT),
        ):
            self.send_header(*header)
        self.end_headers()
        if with_body:
            self.wfile.write(data)

    def log_message(self, *_):
        pass


def tag_of(name):
    return f"{sum(name.encode()):040x}"


@pytest.fixture
def ask(tmp_path):
    """Return a function that loads addresses in a process of its own: what it says of each."""
    elmo = tmp_path / "repository" / "en"
    elmo.mkdir(parents=True)
    config = small_config()
    save_bilm_tf(config, random_variables(config), elmo / "weights.hdf5", elmo / "options.json")
    handler = type("OneHub", (Hub,), {"folder": elmo.parent})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {name: x for name, x in os.environ.items() if "proxy" not in name.lower()} | {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(tmp_path / "home"),
    }

    def asked(*addresses, **variables):
        command = [sys.executable, "-c", PROGRAM, *addresses]
        result = subprocess.run(
            command, env=environment | variables, capture_output=True, text=True, check=True
        )
        return result.stdout.splitlines()

    yield asked
    server.shutdown()


def test_fetched_once(ask):
    read = f"HDF5 weights of bilm-tf {len(random_variables(small_config()))}"
    assert ask("hf://user/elmo", "hf:/user/elmo/en", "hf://user/elmo@main/en/weights.hdf5") == [
        read,
        read,
        read,
    ]
    offline = {"HF_ENDPOINT": "http://127.0.0.1:9", "KERAS_ELMO_OFFLINE": "1"}
    assert ask("hf://user/elmo", **offline) == [read]


def test_what_is_not_there(ask):
    *missing, offline = (
        *ask("hf://user/other", "hf://user/elmo@v9", "hf://user/elmo/fr"),
        *ask("hf://user/elmo", KERAS_ELMO_OFFLINE="1"),
    )
    for line, told in zip(
        missing,
        ("user/other cannot be fetched", "user/elmo@v9 cannot be fetched", "fr: no such file"),
        strict=True,
    ):
        assert line.startswith("DownloadError")
        assert told in line
    assert "KERAS_ELMO_OFFLINE forbids" in offline


@pytest.mark.parametrize("address", ["hf://elmo", "hf://user/elmo/../../x", "hf:///user", "hf://"])
def test_no_address(address):
    assert is_hub_address(address)
    with pytest.raises(ValueError, match=r"must be hf://user/name.*Received: 'hf:/"):
        fetch_from_hub(address)


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"keras-elmo\[hub\]"):
        fetch_from_hub("hf://user/elmo")
