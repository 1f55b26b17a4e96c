"""Financial PhraseBank: the same BiLSTM on a pretrained and on an untrained frozen ELMo.

    python -m benchmarks.phrasebank FOLDER [--seeds 3] [--output results.json]

FOLDER holds train.tsv, dev.tsv and test.tsv (label, tab, tokenised text). The model of an epoch is
chosen on dev only. Prints a Markdown table: mean ± standard deviation over seeds.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import keras_elmo
from keras_elmo.metrics import classification_report
from keras_elmo.text import read_table


def read(path):
    rows = list(read_table(path, text=1, label=0))
    return [row.text for row in rows], [row.label for row in rows]


def run(folder, seed, pretrained, arguments):
    """Train once; test accuracy and macro-F1 in %."""
    keras.utils.set_random_seed(seed)
    train, dev, test = (read(folder / f"{part}.tsv") for part in ("train", "dev", "test"))
    labels = sorted(set(train[1]))
    model = keras_elmo.ElmoTextClassifier.from_preset(
        arguments.preset,
        load_weights=pretrained,
        labels=labels,
        preprocessor=keras_elmo.ElmoPreprocessor.from_preset(
            arguments.preset, tokenizer="whitespace"
        ),
        mix="scalar",
        mix_layer_norm=True,  # an untrained ELMo's features are small: only norms make it a match
        lstm_units=64,
        pooling="max",
        elmo_dropout=0.2,
        dropout=0.2,
    )
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", patience=arguments.patience, restore_best_weights=True
    )
    model.fit(
        *train,
        validation_data=dev,
        epochs=arguments.epochs,
        callbacks=[best],
        seed=seed,
        verbose=0,
    )
    report = classification_report(test[1], model.predict_labels(test[0]), labels)
    return 100 * report["accuracy"], 100 * report["macro_f1"], best.best_epoch + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preset", default="elmo_mini_en")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--patience", type=int, default=3)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    results = {}
    for name, pretrained in (("untrained ELMo", False), (arguments.preset, True)):
        for seed in range(arguments.seeds):
            begin = time.perf_counter()
            results.setdefault(name, []).append(run(arguments.folder, seed, pretrained, arguments))
            accuracy, f1, epoch = results[name][-1]
            seconds = time.perf_counter() - begin
            print(
                f"{name}, seed {seed}: accuracy {accuracy:.1f}, macro-F1 {f1:.1f}, "
                f"best epoch {epoch}, {seconds:.0f} s",
                flush=True,
            )
    versions = f"Python {platform.python_version()}, Keras {keras.__version__}"
    print(
        f"\n{arguments.folder.name}, {versions} on {keras.config.backend()}, seeds 0 to "
        f"{arguments.seeds - 1}\n\n| frozen | accuracy | macro-F1 |\n|---|---|---|"
    )
    for name, rows in results.items():
        mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=min(1, len(rows) - 1))
        print(f"| {name} | {mean[0]:.1f} ± {spread[0]:.1f} | {mean[1]:.1f} ± {spread[1]:.1f} |")
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
