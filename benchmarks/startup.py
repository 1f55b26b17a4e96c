"""How long a user waits before anything happens, each the median of 10 processes.

    python -m benchmarks.startup

`import keras_elmo`, `keras-elmo --help`, and `keras-elmo embed` of ten sentences, start to finish.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLI = [sys.executable, "-c", "from keras_elmo.cli import main; main()"]
SENTENCE = "Net sales rose to {} million euros from 20 million euros a year earlier ."
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import keras_elmo": [sys.executable, "-c", "import keras_elmo"],
    "keras-elmo --help": [*CLI, "--help"],
}


def embed_commands(folder):
    """Ten sentences to a file, by engine."""
    text = Path(folder, "ten.txt")
    text.write_text("".join(SENTENCE.format(i) + "\n" for i in range(10)))
    return {
        f"keras-elmo embed --engine {engine}": [
            *(*CLI, "embed", str(text), "--engine", engine),
            *("-o", str(Path(folder, f"{engine}.npy")), "--overwrite"),
        ]
        for engine in ("onnx", "keras")
    }


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, command in (COMMANDS | embed_commands(folder)).items():
            seconds = []
            for _ in range(11):
                begin = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                seconds.append(time.perf_counter() - begin)
            del seconds[0]  # it fills the disk cache
            between = f"{min(seconds):.3f}–{max(seconds):.3f}"
            print(f"{name:32} {statistics.median(seconds):.3f} s ({between})", flush=True)


if __name__ == "__main__":
    main()
