"""`keras-elmo evaluate`: a model against labelled text."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_elmo.cli.console import out, say
from keras_elmo.cli.options import OF_FILES, OF_LABELS, takes_options
from keras_elmo.cli.tables import measures_table
from keras_elmo.cli.trained import load_trained

if TYPE_CHECKING:
    from keras_elmo.data.datasets import Dataset


@takes_options(*OF_FILES, *OF_LABELS)
def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder that `train` or `export` wrote.")],
    data: Annotated[str, typer.Argument(help="Labelled file.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="JSON file. Default: evaluation.json in the model."),
    ] = None,
    beam: Annotated[
        int, typer.Option(min=1, help="Width of the beam search of sequences; 1 is greedy.")
    ] = 4,
    length_penalty: Annotated[
        float,
        typer.Option(min=0.0, help="Length penalty of that search; higher prefers longer targets."),
    ] = 1.0,
    batch_size: Annotated[int, typer.Option(min=1, help="Number of sentences of a batch.")] = 32,
    **options: Any,
) -> None:
    """Measure a model on labelled text; prints a table and writes JSON.

    errors.jsonl beside it has what was wrong, the most confident mistakes
    first.

    \b
    keras-elmo evaluate model/ test.csv
    keras-elmo evaluate answerer/ dev-v2.0.json
    keras-elmo evaluate joint/ test.conll --label slots=1,pos=2
    keras-elmo evaluate model/ test.conll --output scores.json
    """
    from keras_elmo.data.datasets import skipped_facts
    from keras_elmo.files.new_file import check_new_file, new_file
    from keras_elmo.tasks.task_labels import read_task_labels
    from keras_elmo.workflows.labelled_files import (
        SKIPPED,
        as_in_training,
        read_for,
        said_of_data,
        write_skipped,
    )

    path = output or model / "evaluation.json"
    task_labels = read_task_labels(model)
    rows = read_for(task_labels, data, as_in_training(model, said_of_data(options)))
    for note in rows.notes:
        say(note)
    check_new_file(path, overwrite=True)
    from keras_elmo.reports.records import write_json

    task = load_trained(model)
    search = {"beam": beam, "length_penalty": length_penalty}
    how: dict[str, Any] = {k: v for k, v in search.items() if k in task.prediction_options}
    how["batch_size"] = batch_size
    report = task.report(rows.texts, rows.labels, **how)
    out.print(measures_table(report, f"{model} on {data}"))
    skipped = {"skipped": rows.skipped} if rows.skipped else {}
    write_json({"model": str(model), "data": data} | skipped | report, path)
    errors = task.mistakes(rows.texts, rows.labels, **how)
    wrong = path.with_name("errors.jsonl")
    with new_file(wrong, overwrite=True) as unfinished:
        places = (_place(rows, error.pop("number")) | error for error in errors)
        lines = (json.dumps(error, ensure_ascii=False) for error in places)
        unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    write_skipped(rows.bad_rows, path.with_name(SKIPPED))
    for name, number in skipped_facts(rows.skipped).items():
        say(f"{name}: {number:,}")
    say(f"Written to {path}; {len(errors):,} texts with mistakes to {wrong}")


def _place(rows: "Dataset", number: int) -> dict[str, Any]:
    """Where an example stands: its line, and what identifies it."""
    return {"line": rows.lines[number]} | ({"id": rows.ids[number]} if rows.ids else {})
