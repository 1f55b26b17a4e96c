"""`keras-elmo info`: what a preset or model is made of."""

from typing import Annotated

import typer
from rich.table import Table

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.console import out
from keras_elmo.cli.tables import configuration_table, parameters_table


def info(
    preset: Annotated[
        str | None, typer.Argument(help="Preset name, preset folder or model folder.")
    ] = None,
) -> None:
    """Show parameters and configuration; without a name, list the presets.

    \b
    keras-elmo info
    keras-elmo info elmo_mini_en
    keras-elmo info model/
    """
    if preset is None:
        _list_presets()
        return
    from keras_elmo.weights.presets import TASK_FILE, preset_folder

    folder = preset_folder(preset)
    load_backend()
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.tasks.loading import load_task

    is_task = (folder / TASK_FILE).is_file()
    model = load_task(folder) if is_task else ElmoBackbone.from_preset(folder)
    out.print(parameters_table(model, f"{type(model).__name__} in {folder}"))
    out.print(configuration_table(model.get_config()))


def _list_presets() -> None:
    from keras_elmo.weights.presets import EMBEDDED, WEIGHTS_FILE, list_presets

    table = Table("preset", "description", title="Embedded presets", title_justify="left")
    table.add_column("MB", justify="right")
    for name, description in list_presets().items():
        size = (EMBEDDED / name / WEIGHTS_FILE).stat().st_size
        table.add_row(name, description, f"{size / 1e6:.1f}")
    out.print(table)
