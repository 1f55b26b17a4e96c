"""`keras-elmo demo`: does a pretrained ELMo help? On real reviews, in a few minutes."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from keras_elmo._values import SEED
from keras_elmo.cli.after_training import do_steps
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.command_lines import command_line
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import out, say
from keras_elmo.cli.fitting import fit, write_model

if TYPE_CHECKING:
    from keras_elmo.data.datasets import Dataset
    from keras_elmo.tasks.pretrained import WordVectors
    from keras_elmo.tasks.task import ElmoTask
    from keras_elmo.workflows.training import TrainingResult

FAST_ROWS, FAST_EPOCHS = 1600, 3

SENTENCES = (
    "A warm , funny and wise film about growing old .",
    "Two hours of my life that I will never get back .",
    "The plot is thin , but the actors make you forget it .",
    "Neither the jokes nor the romance work .",
)


def demo(
    ctx: typer.Context,
    preset: Annotated[str | None, typer.Option(help="Another ELMo: preset name or folder.")] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the model; an older demo is replaced.")
    ] = Path("runs/demo"),
    epochs: Annotated[int, typer.Option(min=1, help="Number of epochs at most.")] = 6,
    rows: Annotated[int | None, typer.Option(min=100, help="Use only so many rows.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show results only.")] = False,
) -> None:
    """Train on Rotten Tomatoes sentences and compare: pretrained ELMo, untrained ELMo, TF-IDF.

    Needs the extra: pip install "keras-elmo\\[demo]". DEMO_FAST=1 in the
    environment makes it short: fewer sentences, fewer epochs.

    \b
    keras-elmo demo
    DEMO_FAST=1 keras-elmo demo
    """
    from keras_elmo.cli.movie_reviews import rotten_tomatoes, tf_idf_accuracy, three_parts

    fetch_if_named(preset, quiet=quiet)
    load_backend(trains=True)
    from keras_elmo.elmo.word_vectors import load_word_vectors
    from keras_elmo.files.new_folder import new_folder
    from keras_elmo.weights.language_model import has_language_model
    from keras_elmo.weights.sources.presets import DEFAULT_PRESET

    if os.environ.get("DEMO_FAST", "0") not in ("", "0"):
        rows, epochs = rows or FAST_ROWS, FAST_EPOCHS
    parts = three_parts(rotten_tomatoes())
    if rows:
        sizes = rows, rows // 4, rows // 2
        parts = [part.rows(range(min(n, len(part)))) for part, n in zip(parts, sizes, strict=True)]
    train, dev, test = parts
    say(
        f"{len(train):,} sentences to train on, {len(dev):,} to choose on, {len(test):,} to test on"
    )
    scores = [("TF-IDF + logistic regression", tf_idf_accuracy(train, test), "")]
    say("\nThe same network on an untrained ELMo:")
    model, result = _trained(preset, parts, epochs, load_weights=False)
    scores.append(("untrained ELMo + BiLSTM", *_score(model, result, test)))
    elmo = preset or DEFAULT_PRESET
    say("\nFrozen, pretrained ELMo + BiLSTM:")
    with new_folder(output, overwrite=True) as folder:
        model, result = _trained(preset, parts, epochs)
        scores.append((f"{elmo} + BiLSTM", *_score(model, result, test)))
        if has_language_model(elmo):
            say("\nThe same, and word vectors that begin with those of its language model:")
            vectors = load_word_vectors(elmo)
            model, result = _trained(preset, parts, epochs, vectors)
            scores.append((f"{elmo} + its word vectors + BiLSTM", *_score(model, result, test)))
        say("\nThe same model, and naive Bayes on n-grams that has a say, too:")
        do_steps(model, train, dev, ngrams=True, calibrate=False)
        scores.append(("the last one and n-grams", _score(model, result, test)[0], ""))
        write_model(folder, model, result, train, dev, ctx.obj, seed=SEED, quiet=True)
    _print_scores(scores, len(test))
    _print_labels(model.records(SENTENCES))
    exported = output.with_name(f"{output.name}-exported")
    for line in (
        f"Model and pictures: {output}",
        "Run it without Keras, behind a server with a page:",
        f"  {command_line('export', output, exported)}",
        f"  {command_line('serve', exported)}",
    ):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _trained(
    preset: str | None,
    parts: "Sequence[Dataset]",
    epochs: int,
    word_vectors: "WordVectors | None" = None,
    **how: Any,
) -> "tuple[ElmoTask, TrainingResult]":
    """Train the demo's network; Ctrl-C ends the demo."""
    import keras

    from keras_elmo.elmo.loading import load_backbone_and_preprocessor
    from keras_elmo.fine_tuning.recipes import RECIPES
    from keras_elmo.weights.sources.presets import DEFAULT_PRESET
    from keras_elmo.workflows.building import build_task

    train, dev, _ = parts
    keras.utils.set_random_seed(SEED)
    elmo = load_backbone_and_preprocessor(preset or DEFAULT_PRESET, **how)
    model = build_task(train, *elmo, train.classes(), mix="scalar", word_vectors=word_vectors)
    recipe = RECIPES["frozen"]
    result = fit(
        model, train, dev, recipe=recipe, epochs=epochs, patience=2, seed=SEED, quiet=False
    )
    return model, result


def _score(model: "ElmoTask", result: "TrainingResult", test: "Dataset") -> tuple[float, str]:
    if result.interrupted:
        raise KeyboardInterrupt
    seconds = sum(row["seconds"] for row in result.history)
    return model.report(test.texts, test.labels)["accuracy"], f"{seconds:.0f} s"


def _print_scores(scores: list[tuple[str, float, str]], size: int) -> None:
    table = Table("model", title=f"Accuracy on {size:,} test sentences", title_justify="left")
    table.add_column("accuracy", justify="right")
    table.add_column("training", justify="right")
    for name, accuracy, seconds in scores:
        table.add_row(name, f"{accuracy:.1%}", seconds)
    out.print(table)


def _print_labels(records: Iterable[dict[str, Any]]) -> None:
    table = Table("sentence", "label", title="Sentences it has not seen", title_justify="left")
    table.add_column("probability", justify="right")
    for record in records:
        label = record["label"]
        table.add_row(record["text"], label, f"{record['probabilities'][label]:.2f}")
    out.print(table)
