"""The command line in a process of its own, which compiles what the test that starts it would."""

import os
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
