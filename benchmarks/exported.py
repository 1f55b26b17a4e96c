"""An exported model beside the task it was exported from: sentences a second.

    keras-elmo export model/ out/
    python -m benchmarks.exported model/ out/ texts.txt [--alone 200]

Texts stand one a line. All of them are predicted at once, then some of them one at a time, with
each model; the words of all texts were met before. Every record must have the same label.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from keras_elmo import load_exported
from keras_elmo.tasks.loading import load_task


def per_second(model, texts, alone):
    model.predict(texts)
    begin = time.perf_counter()
    found = model.predict(texts)
    together = len(texts) / (time.perf_counter() - begin)
    begin = time.perf_counter()
    for text in texts[:alone]:
        model.predict([text])
    return found, together, alone / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("exported", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--alone", type=int, default=200, help="number of texts one at a time")
    arguments = parser.parse_args()
    texts = arguments.texts.read_text(encoding="utf-8").splitlines()
    speeds, outputs = {}, []
    for name, model in (
        ("Keras", load_task(arguments.model)),
        ("exported", load_exported(arguments.exported)),
    ):
        found, *speeds[name] = per_second(model, texts, arguments.alone)
        outputs.append(found)
        print(f"{name}: {speeds[name][0]:.0f} sentences/s, one at a time {speeds[name][1]:.1f}")
    ratios = [b / a for a, b in zip(speeds["Keras"], speeds["exported"], strict=True)]
    print(f"ratios: {ratios[0]:.2f}, one at a time {ratios[1]:.1f}")
    print(f"largest difference: {np.abs(outputs[0] - outputs[1]).max():.1e}")


if __name__ == "__main__":
    main()
