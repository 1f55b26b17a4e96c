"""The command line in a process of its own, which compiles what the test that starts it would."""

import os
import signal
import subprocess
import sys

KE = [sys.executable, "-c", "from command_line import main; main()"]


def main() -> None:
    """Run a command, step by step where the test that started this process does so."""
    from keras_elmo.cli import main

    if "STEP_BY_STEP" not in os.environ:
        return main()
    from eager import step_by_step

    with step_by_step():
        return main()


def signalled(arguments, sign, cwd, number=signal.SIGINT):
    """Run a command and send it a signal when a line with `sign` appears.

    Returns:
        Its exit code, and what it said.
    """
    # Where the tests run in the background of a shell, Ctrl-C is ignored and children inherit it.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*KE, *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    signal.signal(signal.SIGINT, previous)
    lines = []
    for line in process.stderr or ():
        lines.append(line)
        if sign in line and process.poll() is None:
            process.send_signal(number)
            sign = "(only once)"
    return process.wait(), "".join(lines)
