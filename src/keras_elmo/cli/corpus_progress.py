"""How reading the texts of a pre-training goes: a bar, then a table of what they hold."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.table import Table

from keras_elmo.cli.console import err, progress_bar, say, warn

if TYPE_CHECKING:
    from keras_elmo.pretraining.corpus import Corpus
    from keras_elmo.pretraining.counting import Reading

_COUNTS = ("sentences", "tokens", "types")


def read_texts(
    texts: Sequence[Path], folder: Path, vocabulary_size: int, *, quiet: bool = False
) -> "Corpus":
    """Prepare a corpus on all processors, or read the one that is there, and show its table.

    Raises:
        DataError, OSError, ImportError: as `prepare_corpus`.
    """
    from keras_elmo.pretraining.corpus import prepare_corpus, read_report
    from keras_elmo.pretraining.text_findings import text_findings

    say("Reading the corpus ...", quiet=quiet)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("reading", total=None, text="")

        def show(reading: "Reading") -> None:
            text = f"{reading.bytes / 1e6:,.0f} MB · {reading.tokens:,} tokens"
            bar.update(task, completed=reading.bytes, total=reading.total_bytes, text=text)

        corpus = prepare_corpus(texts, folder, processes=os.cpu_count() or 1, on_progress=show)
    report = read_report(folder)
    if not quiet:
        err.print(corpus_table(corpus, report, vocabulary_size))
    for finding in text_findings(corpus, report):
        warn(finding)
    if vocabulary_size > len(corpus.types):
        warn(
            f"the corpus has {len(corpus.types):,} word types only, so the softmax gets as many. "
            f"Received: --vocabulary-size {vocabulary_size:,}. Take more text or a smaller one."
        )
    return corpus


def corpus_table(corpus: "Corpus", report: dict[str, Any], vocabulary_size: int) -> Table:
    """A row for each file and one for all of them, from what `read_report` returned."""
    table = Table(title="Corpus", title_justify="left", show_footer=True, box=SIMPLE)
    table.add_column("text", overflow="ellipsis")  # narrow terminals cut names, not numbers
    for name in (*_COUNTS, "coverage", "longest\nline"):
        table.add_column(name, justify="right", no_wrap=True)
    begin = 0
    for row in report["files"]:
        end = begin + row["tokens"]
        name = Path(row["file"]).name
        table.add_row(name, *_cells(row, corpus.coverage(vocabulary_size, begin, end)))
        begin = end
    footer = ["all", *_cells(report["all"], corpus.coverage(vocabulary_size))]
    for column, cell in zip(table.columns, footer, strict=True):
        column.footer = cell
    return table


def _cells(row: dict[str, Any], coverage: float) -> list[str]:
    numbers = [f"{row[name]:,}" for name in _COUNTS]
    return [*numbers, f"{coverage:.1%}", f"{row['longest_line']['words']:,}"]
