"""`keras-elmo check`: what a labelled file holds, and what may be wrong with it."""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_elmo.cli.console import out, progress_bar, say, warn
from keras_elmo.cli.options import OF_FILES, OF_LABELS, takes_options

if TYPE_CHECKING:
    from keras_elmo.data.checking.checked_file import CheckedFile
    from keras_elmo.data.reading import Reading


@takes_options("data", *OF_FILES, *OF_LABELS, "task", "tokenizer", "preset", "dev")
def check(
    test: Annotated[str | None, typer.Option(help="Test set, written as the data are.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write one JSON object instead of tables.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    **options: Any,
) -> None:
    """Look at labelled files as `train` would read them, and train nothing.

    It shows what was told of each file and what it holds, and warns of what may
    be wrong with it. Tokens of texts are counted by a fast rule, about as
    `--tokenizer words` splits them. Rows that cannot be used are passed over
    and counted.

    --json writes one object with format, encoding, delimiter, task, rows,
    tokens, labels, spans, scheme, skipped and warnings of the data; each
    warning has code, count, message and where. With --dev and --test it has
    such objects as dev and test, too.

    The exit status is 1 if `train` with these options would refuse the files,
    else 0, with warnings, too.

    \b
    keras-elmo check reviews.csv --text review --label stars
    keras-elmo check train.conll --dev dev.conll --test test.conll
    keras-elmo check reviews.csv --json > report.json
    """
    from keras_elmo.weights.language_model import known_words
    from keras_elmo.weights.sources.presets import DEFAULT_PRESET
    from keras_elmo.workflows.labelled_files import said_of_data

    files = {"dev": options["dev"], "test": test}
    reading = said_of_data(options)
    known = known_words(options["preset"] or DEFAULT_PRESET)
    data = _look_at(options["data"], reading, known, quiet=quiet)
    reports = {"": data}
    for name, path in files.items():
        if path is not None:
            found = _look_at(path, _as_data(reading, data), known, of=name, quiet=quiet)
            found.compare(*reports.values())
            reports[name] = found
    if as_json:
        report = data.to_json() | {name: x.to_json() for name, x in reports.items() if name}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    for report in reports.values():
        _show(report, as_json=as_json)
    if any(report.is_refused for report in reports.values()):
        raise typer.Exit(1)


def _as_data(reading: "Reading", data: "CheckedFile") -> "Reading":
    """How further files are read: as the data, whose columns and kind are known now."""
    from dataclasses import replace

    return replace(reading, task=data.task, usual=data.reading)


def _look_at(
    path: str, reading: "Reading", known: Collection[str], *, of: str = "", quiet: bool
) -> "CheckedFile":
    """Read a file, with its rows counted on terminals."""
    from keras_elmo.data.checking.checked_file import check_file

    with progress_bar(quiet=quiet, end_known=False) as bar:
        row = bar.add_task(f"reading {of or 'data'}", total=None, text="")

        def show(rows: int) -> None:
            bar.update(row, text=f"{rows:,} rows")

        return check_file(path, reading, known_words=known, is_trained_on=not of, on_rows=show)


def _show(report: "CheckedFile", *, as_json: bool) -> None:
    if as_json:
        for note in report.notes:
            say(note)
        return
    from keras_elmo.cli.check_tables import file_tables

    out.print(file_tables(report))
    for warning in report.warnings:
        where = f" ({', '.join(warning.where)})" if warning.where else ""
        warn(f"{warning.code}: {warning.message}{where}")
