"""How long a user waits for nothing: `import keras_elmo` and `keras-elmo --help`, median of 10.

python -m benchmarks.startup
"""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import keras_elmo": [sys.executable, "-c", "import keras_elmo"],
    "keras-elmo --help": [
        sys.executable,
        "-c",
        "from keras_elmo.cli import main; main()",
        "--help",
    ],
}


def main():
    for name, command in COMMANDS.items():
        seconds = []
        for _ in range(11):
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - begin)
        print(f"{name:20} {statistics.median(seconds[1:]):.3f} s")  # the first fills the disk cache


if __name__ == "__main__":
    main()
