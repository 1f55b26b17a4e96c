"""`keras-elmo export`: a trained model → a folder that predicts without Keras."""

from pathlib import Path
from typing import Annotated

import typer

from keras_elmo._values import ExportFormat, ExportPrecision
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.command_lines import command_line
from keras_elmo.cli.console import say


def export(
    model: Annotated[Path, typer.Argument(help="Model folder that `train` wrote.")],
    output: Annotated[Path, typer.Argument(help="Folder to write.")],
    to: Annotated[
        ExportFormat,
        typer.Option(help="onnx: strings in, records out; saved-model: arrays, for TensorFlow."),
    ] = "onnx",
    precision: Annotated[
        ExportPrecision, typer.Option(help="Of ELMo in onnx; int8 is a quarter as large.")
    ] = "float32",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older export.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Write a model as ONNX graphs that predict with NumPy and ONNX Runtime.

    `keras-elmo predict` and `evaluate` take the folder that it writes. It needs
    pip install "keras-elmo[onnx]", neither Keras nor TensorFlow.

    \b
    keras-elmo export model/ out/
    keras-elmo export model/ small/ --precision int8
    keras-elmo predict out/ new.txt
    keras-elmo export model/ saved/ --to saved-model
    """
    from keras_elmo.files.new_file import refuse_existing
    from keras_elmo.tasks.task_labels import read_task_labels, task_folder
    from keras_elmo.workflows.labelled_files import RECORD

    if to == "saved-model" and (precision != "float32" or overwrite):
        raise ValueError(
            "--precision and --overwrite are for --to onnx. Received: --to saved-model with "
            f"{'--overwrite' if overwrite else f'--precision {precision}'}"
        )
    place = task_folder(model)
    read_task_labels(place)  # what is damaged is told before Keras is there
    refuse_existing(output, overwrite)
    load_backend()
    from keras_elmo.tasks.loading import load_task

    task = load_task(place)
    if to == "saved-model":
        task.export(output, format="tf_saved_model", verbose=False)
        say(f"Written to {output}", quiet=quiet)
        return
    record = place / RECORD
    records = [record] if record.is_file() else []
    task.export(output, format="onnx", precision=precision, overwrite=overwrite, records=records)
    use = command_line("predict", output, "new.txt")
    size = sum(path.stat().st_size for path in output.iterdir())
    say(f"Written to {output} ({size / 1e6:,.1f} MB). Use it: {use}", quiet=quiet)
