"""`keras-elmo presets`: the ELMos that can be asked for by name."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from keras_elmo.cli.console import err, out, say


def presets(
    words: Annotated[
        list[str] | None, typer.Argument(help="Words of the name, language or description.")
    ] = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch the one that is found.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """List the ELMos that can be asked for by name: the embedded one, and the published ones.

    Published ones are fetched when they are first used, to ~/.cache/keras-elmo
    (or KERAS_ELMO_HOME). With KERAS_ELMO_OFFLINE=1 nothing is fetched.

    \b
    keras-elmo presets
    keras-elmo presets spanish
    keras-elmo presets elmo_small_en --download
    """
    from keras_elmo.weights.sources.catalogue import catalogue, search
    from keras_elmo.weights.sources.presets import list_presets

    wanted = " ".join(words or [])
    found = [catalogue()[wanted]] if wanted in catalogue() else search(wanted)
    if download:
        if len(found) != 1:
            raise ValueError(
                f"--download fetches one ELMo. Received: {wanted!r}, which fits {len(found)}. Give "
                "its whole name."
            )
        say(f"Wrote {fetch_with_progress(found[0].name, quiet=quiet)}", quiet=quiet)
        return
    table = Table(show_header=True, box=None)
    for title in ("name", "language", "description", "here"):
        table.add_column(title, no_wrap=title in ("name", "here"))
    for name, description in list_presets().items():
        if all(word.lower() in f"{name} {description}".lower() for word in words or []):
            table.add_row(name, "English", description.removeprefix("English, "), "inside")
    for model in found:
        here = "yes" if model.is_here else ""
        table.add_row(model.name, model.language, model.description, here)
    if not table.rows:
        raise ValueError(
            f"no ELMo has {wanted!r} in its name, language or description. `keras-elmo presets` "
            "lists all."
        )
    out.print(table)
    for model in found if len(found) == 1 else ():
        out.print(f"\nlicence: {model.licence}\ncitation: {model.citation}", highlight=False)
        for file in model.files.values():
            out.print(file.url, highlight=False, soft_wrap=True)


def fetch_with_progress(name: str, *, quiet: bool = False) -> Path:
    """Fetch an entry of the catalogue with a bar for each file."""
    from keras_elmo.weights.sources.catalogue import catalogue, fetch

    model = catalogue()[name]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet or model.is_here) as progress:
        bars = {file: progress.add_task(file, total=None) for file in model.files}

        def show(file: str, done: int, total: int | None) -> None:
            progress.update(bars[file], completed=done, total=total)

        return fetch(model, show)


def fetch_if_named(path: str | Path | None, *, quiet: bool = False) -> None:
    """Fetch what is asked for by a name of the catalogue or the hub, which otherwise has no bar."""
    from keras_elmo.weights.sources.catalogue import catalogue
    from keras_elmo.weights.sources.hub import fetch_from_hub, is_hub_address

    if path is None or Path(path).exists():
        return
    if str(path) in catalogue():
        fetch_with_progress(str(path), quiet=quiet)
    elif is_hub_address(path):
        fetch_from_hub(path, show_progress=not quiet)
