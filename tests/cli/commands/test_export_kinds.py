"""Exported pairs, questions and sequences on the command line: the lines of the model folder."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

pytest.importorskip("onnxruntime")

from every_task import CASES, make_task
from graph_support import assert_close

from keras_elmo.cli import app

NEEDS_KERAS = (
    "import sys; from keras_elmo.cli import app; app(sys.argv[1:], standalone_mode=False); "
    "print(*{'keras', 'tensorflow', 'torch', 'jax', 'h5py'} & set(sys.modules), file=sys.stderr)"
)


def ke(*arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.stdout


def _question(question, passage, spans):
    answers = [{"text": passage[a:b], "answer_start": a} for a, b in spans]
    row = {"question": question, "context": passage, "answers": answers}
    return row | {"is_impossible": not spans}


def write(name, path):
    """The data of a case as a file that its task reads."""
    case = CASES[name]
    rows = list(zip(case.x, case.y, strict=True))
    if name == "answers":
        found = [_question(*pair, spans) for pair, spans in rows]
    elif name == "copies":
        found = [{"text": x, "label": y} for x, y in rows]
    else:
        labels = {0: "n", 1: "p"} if name == "pair" else {}
        found = [{"text_a": a, "text_b": b, "label": labels.get(y, y)} for (a, b), y in rows]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in found))
    return path


@pytest.mark.parametrize("name", ["pair", "pair number", "answers", "copies"])
def test_lines_and_measures_are_those_of_the_model(name, tmp_path):
    model, out, file = tmp_path / "model", tmp_path / "out", write(name, tmp_path / "new.jsonl")
    make_task(name).save_to_preset(model)
    ke("export", model, out, "--quiet")
    found, expected = (
        [json.loads(line) for line in ke("predict", folder, file).splitlines()]
        for folder in (out, model)
    )
    assert len(found) == 4
    assert_close(found, expected)
    for folder in (out, model):
        ke("evaluate", folder, file, "-o", folder.with_suffix(".json"))
    found, expected = (
        json.loads(folder.with_suffix(".json").read_text()) for folder in (out, model)
    )
    assert found.pop("model") != expected.pop("model")
    assert_close(found, expected)


@pytest.mark.parametrize("name", ["answers", "copies"])
def test_nothing_of_keras_is_imported(name, tmp_path):
    make_task(name).export(tmp_path / "out", format="onnx")
    file = write(name, tmp_path / "new.jsonl")
    run = [sys.executable, "-c", NEEDS_KERAS, "predict", str(tmp_path / "out"), str(file)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, env={**os.environ})
    assert done.stdout.count("\n") == 4
    assert not done.stderr.strip()
