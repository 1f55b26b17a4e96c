"""`keras-elmo info`: what a preset or model is made of."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.console import out
from keras_elmo.cli.presets import fetch_if_named
from keras_elmo.cli.tables import configuration_table, parameters_table


def info(
    preset: Annotated[
        str | None,
        typer.Argument(
            help="Preset name or folder, model folder, or published ELMo of any format."
        ),
    ] = None,
    options: Annotated[
        Path | None, typer.Option(help="Options (JSON) of weights that do not lie beside it.")
    ] = None,
) -> None:
    """Show parameters and configuration; without a name, list the presets.

    \b
    keras-elmo info
    keras-elmo info elmo_mini_en
    keras-elmo info model/
    keras-elmo info elmo_weights.hdf5
    """
    if preset is None:
        _list_presets()
        return
    from keras_elmo.weights.presets import TASK_FILE, is_preset, preset_folder

    if not is_preset(preset):
        _show_published(preset, options)
        return
    folder = preset_folder(preset)
    load_backend()
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.tasks.loading import load_task

    is_task = (folder / TASK_FILE).is_file()
    model = load_task(folder) if is_task else ElmoBackbone.from_preset(folder)
    out.print(parameters_table(model, f"{type(model).__name__} in {folder}"))
    out.print(configuration_table(model.get_config()))


def _show_published(path: str, options: Path | None) -> None:
    """What the files of an ELMo hold; no backend is needed."""
    import math

    from keras_elmo.weights.detection import load_elmo
    from keras_elmo.weights.shapes import expected_shapes

    fetch_if_named(path)
    elmo = load_elmo(path, options=options)
    parameters = sum(math.prod(shape) for shape in expected_shapes(elmo.config).values())
    table = Table("fact", "value", title=path, title_justify="left")
    table.add_row("format", elmo.format)
    table.add_row("input", "characters" if elmo.config["vocabulary_size"] is None else "words")
    table.add_row("parameters", f"{parameters:,}")
    for number, mix in enumerate(elmo.mixes):
        weights = ", ".join(f"{weight:.4f}" for weight in mix.weights)
        table.add_row(f"learned mix {number}", f"γ {mix.gamma:.4f}, weights {weights}")
    if elmo.ignored:
        shown = ", ".join(elmo.ignored[:3]) + (" …" if len(elmo.ignored) > 3 else "")
        table.add_row("not of the ELMo", f"{len(elmo.ignored)} arrays: {shown}")
    out.print(table)
    out.print(configuration_table(elmo.config))


def _list_presets() -> None:
    from keras_elmo.weights.presets import EMBEDDED, WEIGHTS_FILE, list_presets

    table = Table("preset", "description", title="Embedded presets", title_justify="left")
    table.add_column("MB", justify="right")
    for name, description in list_presets().items():
        size = (EMBEDDED / name / WEIGHTS_FILE).stat().st_size
        table.add_row(name, description, f"{size / 1e6:.1f}")
    out.print(table)
