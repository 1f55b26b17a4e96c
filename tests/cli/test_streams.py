"""Where the output goes and the input comes from: always UTF-8, and closed ones are told."""

import os
import subprocess
import sys

import pytest

PROGRAM = "from keras_elmo.cli import main; main()"
ASCII = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}


def keras_elmo(*arguments, shell="", **more):
    """Run the command line as a program, with a locale that has no character but ASCII."""
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    environment = os.environ | ASCII | {"COLUMNS": "200"}
    return subprocess.run(command, env=environment, capture_output=True, check=False, **more)


def test_output_and_errors_are_utf_8():
    shown = keras_elmo("presets", "elmo_mini_en")
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert "elmo_mini_en" in shown.stdout.decode("utf-8")
    table = keras_elmo("info").stdout.decode("utf-8")
    assert "━" in table
    told = keras_elmo("train", "Liebesgrüße.csv", "-o", "model")
    assert told.returncode == 1
    assert "Received: Liebesgrüße.csv" in told.stderr.decode("utf-8")


def test_half_of_a_surrogate_pair_is_written_as_its_number():
    program = "from keras_elmo.cli.console import write_utf8; import sys\n"
    program += r"write_utf8(); sys.stdout.write('ü\ud800')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | ASCII, capture_output=True, check=True
    )
    assert done.stdout == "ü\\ud800".encode()


@pytest.mark.parametrize(
    "write",
    [
        "sys.stdout.write('line\\n')",  # written at the end
        "sys.stdout.write('line\\n' * 100_000)",
        "out.print('line\\n' * 100_000)",
    ],
)
def test_a_closed_pipe_ends_a_command_quietly(write):
    program = f"""
import sys
from keras_elmo.cli import app, main
from keras_elmo.cli.console import out
@app.command()
def write():
    {write}
main()
"""
    reading, writing = os.pipe()
    os.close(reading)  # as of `head` that has read enough
    with os.fdopen(writing, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", program, "write"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


def test_closed_streams(tmp_path):
    for command in (["embed", "-", "-o", tmp_path / "out.h5"], ["score", "elmo_mini_en", "-"]):
        told = keras_elmo(*command, shell="<&-", timeout=60)
        assert told.returncode == 1
        assert told.stderr.startswith(b"error: <stdin>: standard input is closed.")
    assert not list(tmp_path.iterdir())
    assert keras_elmo("info", "nothing", shell=">&- 2>&-", timeout=60).returncode == 1
