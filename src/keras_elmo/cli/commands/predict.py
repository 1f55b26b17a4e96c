"""`keras-elmo predict`: text → labels and probabilities as JSON Lines."""

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo._values import PredictionFormat
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.console import out, say, shows_styles
from keras_elmo.cli.options import takes_options


@takes_options("text", "header", "file_format")
def predict(
    model: Annotated[Path, typer.Argument(help="Model folder that `train` wrote.")],
    texts: Annotated[
        str, typer.Argument(help="File of texts (one a line), pairs or questions; - reads a pipe.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File instead of standard output.")
    ] = None,
    to: Annotated[PredictionFormat, typer.Option(help="JSON Lines, or columns of tags.")] = "jsonl",
    pretty: Annotated[
        bool,
        typer.Option("--pretty", help="For people: bars, entities and answers in colour."),
    ] = False,
    beam: Annotated[
        int, typer.Option(min=1, help="Width of the beam search of sequences; 1 is greedy.")
    ] = 4,
    length_penalty: Annotated[
        float,
        typer.Option(min=0.0, help="Length penalty of that search; higher prefers longer targets."),
    ] = 1.0,
    n_best: Annotated[int, typer.Option(min=1, help="Number of sequences to show.")] = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Number of sentences of a batch.")] = 32,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    **options: Any,
) -> None:
    """Label new text: one JSON object a line, or columns of tags.

    \b
    keras-elmo predict model/ new.txt
    keras-elmo predict model/ new.csv --text review -o labelled.jsonl
    keras-elmo predict entailment/ pairs.tsv --text premise,hypothesis
    keras-elmo predict tagger/ new.txt --pretty
    keras-elmo predict answerer/ questions.json --pretty
    keras-elmo predict tagger/ new.txt --to conllu -o tagged.conllu
    keras-elmo predict speller/ words.txt --beam 8 --n-best 3
    echo "A joy to watch ." | keras-elmo predict model/ -
    """
    from keras_elmo.data.kinds import KINDS
    from keras_elmo.files.new_file import check_new_file, new_file
    from keras_elmo.tasks.task_labels import read_task_labels

    if pretty and (output is not None or to != "jsonl"):
        raise ValueError("--pretty shows predictions on the terminal. Received: --output or --to")
    if output is not None:
        check_new_file(output, overwrite=overwrite)
    kind = KINDS[read_task_labels(model).kind]
    if to not in kind.formats:
        raise ValueError(f"what is no column of tags is written as jsonl. Received: --to {to}")
    skipped = Counter[str]()
    rows = kind.read_inputs(texts, **options, skipped=skipped)
    # The first one now: a wrong file or column is told before Keras is there.
    rows = chain(list(islice(rows, 1)), rows)
    load_backend()
    from keras_elmo.tasks.loading import load_task

    task = load_task(model)
    search = {"beam": beam, "length_penalty": length_penalty, "n_best": n_best}
    how: dict[str, Any] = {k: v for k, v in search.items() if k in task.prediction_options}
    how["batch_size"] = batch_size
    if pretty:
        _show(task, rows, **how)
        _tell(skipped)
        return
    target = nullcontext(None) if output is None else new_file(output, overwrite=overwrite)
    with target as path:
        lines = task.lines(rows, to, **how)
        with nullcontext(sys.stdout) if path is None else path.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(line)
    _tell(skipped)


def _tell(skipped: Counter[str]) -> None:
    """Say what has no prediction."""
    from keras_elmo.data.datasets import skipped_facts

    for name, number in skipped_facts(skipped).items():
        say(f"{name}: {number:,}")


def _show(task: Any, rows: Iterable[Any], **how: Any) -> None:
    from keras_elmo.cli.pretty import Pretty

    pretty = Pretty(task.view, styled=shows_styles())
    for record in task.records(rows, **how):
        out.print(pretty.render(record), soft_wrap=True, end="")
