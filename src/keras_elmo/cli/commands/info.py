"""`keras-elmo info`: what a preset or model is made of."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import out
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
    from keras_elmo.runtime.manifest import is_exported

    if is_exported(preset):
        _show_exported(Path(preset))
        return
    fetch_if_named(preset)
    from keras_elmo.weights.sources.location import locate
    from keras_elmo.weights.sources.presets import TASK_FILE

    place = locate(preset)
    if not (place / TASK_FILE).is_file():
        _show_elmo(preset, place, options)
        return
    from keras_elmo.tasks.task_labels import read_task_labels

    read_task_labels(place)  # what is damaged is told before Keras is there
    load_backend()
    from keras_elmo.tasks.loading import load_task

    model = load_task(place)
    out.print(parameters_table(model, f"{type(model).__name__} in {place}"))
    out.print(configuration_table(model.get_config()))


def _show_exported(folder: Path) -> None:
    from keras_elmo.runtime.manifest import check_files, read_manifest

    manifest = read_manifest(folder)
    check_files(folder)
    table = Table("fact", "value", title=str(folder), title_justify="left")
    table.add_row("format", "exported model: ONNX graphs, no Keras needed")
    table.add_row("kind", manifest.kind)
    table.add_row("precision", manifest.precision)
    table.add_row("size", _sizes(folder))
    out.print(table)
    out.print(configuration_table({**manifest.preprocessor, **manifest.settings}))


def _show_elmo(name: str, place: Path, options: Path | None) -> None:
    """What the files of an ELMo hold; no backend is needed."""
    import math

    from keras_elmo.layers.groups import elmo_group
    from keras_elmo.weights.detection import load_elmo
    from keras_elmo.weights.shapes import expected_shapes
    from keras_elmo.weights.sources.catalogue import catalogue

    elmo = load_elmo(place, options=options)
    shapes = expected_shapes(elmo.config)
    parameters = Counter[str]()
    for path, shape in shapes.items():
        parameters[elmo_group(path)] += math.prod(shape)
    table = Table("fact", "value", title=name, title_justify="left")
    table.add_row("format", elmo.format)
    if name in catalogue():
        model = catalogue()[name]
        table.add_row("language", model.language)
        table.add_row("source", model.description)
        table.add_row("licence", model.licence)
    if sizes := _sizes(place):
        table.add_row("size", sizes)
    table.add_row("input", _input(elmo.config))
    table.add_row("what is loaded", f"{len(shapes)} arrays, {parameters.total():,} parameters")
    for group, count in parameters.items():
        table.add_row(f"  {group}", f"{count:,}")
    if elmo.words:
        table.add_row("words", f"{len(elmo.words):,}")
    if elmo.characters:
        table.add_row("characters", f"{len(elmo.characters):,}")
    for number, mix in enumerate(elmo.mixes):
        weights = ", ".join(f"{weight:.4f}" for weight in mix.weights)
        table.add_row(f"learned mix {number}", f"γ {mix.gamma:.4f}, weights {weights}")
    if elmo.ignored:
        shown = ", ".join(elmo.ignored[:3]) + (" …" if len(elmo.ignored) > 3 else "")
        table.add_row("what is ignored", f"{len(elmo.ignored)} arrays: {shown}")
    out.print(table)
    out.print(configuration_table(elmo.config))


def _sizes(place: Path) -> str:
    """Bytes of a file, or of a folder's files; nothing for the beginning of files' names."""
    if place.is_dir():
        files = [file for file in place.rglob("*") if file.is_file()]
        return f"{sum(file.stat().st_size for file in files) / 1e6:,.1f} MB in {len(files)} files"
    return f"{place.stat().st_size / 1e6:,.1f} MB" if place.is_file() else ""


def _input(config: Mapping[str, Any]) -> str:
    kinds = ["words"] if config["vocabulary_size"] is not None else []
    if config["vocabulary_size"] is None or config.get("word_dim"):
        kinds.append("characters" if config.get("boundaries") else "bytes of words")
    return " and ".join(kinds)


def _list_presets() -> None:
    from keras_elmo.weights.sources.presets import EMBEDDED, WEIGHTS_FILE, list_presets

    table = Table("preset", "description", title="Embedded presets", title_justify="left")
    table.add_column("MB", justify="right")
    for name, description in list_presets().items():
        size = (EMBEDDED / name / WEIGHTS_FILE).stat().st_size
        table.add_row(name, description, f"{size / 1e6:.1f}")
    out.print(table)
