"""`keras-elmo serve` as a process, with an exported model: from start to SIGTERM, without Keras."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
import requests
from every_task import CASES, make_task

TEXTS = CASES["classes"].x
PROGRAM = """
import sys
from keras_elmo.cli import main
try:
    main()
finally:
    print(sorted({"keras", "tensorflow", "torch", "jax", "h5py"}.intersection(sys.modules)))
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return a folder with an exported classifier, and the records that its task predicts."""
    from eager import step_by_step

    folder = tmp_path_factory.mktemp("served") / "sentiment"
    with step_by_step():
        task = make_task("classes")
        task.export(folder, format="onnx")
        return folder, list(task.records(TEXTS))


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", *map(str, arguments), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_an_exported_model_is_served(exported, tmp_path):
    folder, wanted = exported
    (tmp_path / "token").write_text("s3cret\n")
    process = start(folder, f"again={folder}", "--token-file", tmp_path / "token")
    try:
        line = process.stderr.readline()
        url = re.fullmatch(r"Serving sentiment, again at (http://127.0.0.1:\d+)/\n", line)[1]
        headers = {"Authorization": "Bearer s3cret"}
        assert requests.get(f"{url}/model", timeout=10).status_code == 401
        described = requests.get(f"{url}/model", headers=headers, timeout=10).json()
        assert (described["name"], described["runs_on"]) == ("sentiment", "ONNX Runtime")
        assert described["labels"] == CASES["classes"].arguments["labels"]
        for path in ("predict", "models/again/predict"):
            answer = requests.post(
                f"{url}/{path}", json={"texts": TEXTS}, headers=headers, timeout=10
            )
            for found, record in zip(answer.json()["predictions"], wanted, strict=True):
                assert found["label"] == record["label"]
                assert found["probabilities"] == pytest.approx(record["probabilities"], abs=1e-5)
        process.send_signal(signal.SIGTERM)
        loaded, log = process.communicate(timeout=10)
        assert (process.returncode, loaded) == (0, "[]\n")
        statuses = [json.loads(line)["status"] for line in log.splitlines()]
        assert statuses == [401, 200, 200, 200]
    finally:
        process.kill()
        process.wait()


def test_a_damaged_export_is_refused(exported, tmp_path):
    folder = tmp_path / "damaged"
    folder.mkdir()
    for path in exported[0].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.onnx").write_bytes(b"damaged")
    _, log = start(folder).communicate(timeout=20)
    assert "model.onnx is damaged" in log
