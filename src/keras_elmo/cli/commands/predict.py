"""`keras-elmo predict`: text → labels and probabilities as JSON Lines."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_elmo._values import PredictionFormat
from keras_elmo.cli.console import out, say, shows_styles
from keras_elmo.cli.options import OF_FILES, takes_options
from keras_elmo.cli.trained import load_trained

if TYPE_CHECKING:
    from keras_elmo.data.bad_rows import BadRows
    from keras_elmo.data.examples import Example


@takes_options(*OF_FILES)
def predict(
    model: Annotated[Path, typer.Argument(help="Folder that `train` or `export` wrote.")],
    texts: Annotated[
        str, typer.Argument(help="File of texts (one a line), pairs or questions; - reads a pipe.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File instead of standard output; for brat a folder."),
    ] = None,
    to: Annotated[
        PredictionFormat, typer.Option(help="JSON Lines, columns of tags, or an annotation tool.")
    ] = "jsonl",
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
    """Label new text: one JSON object a line, columns of tags, or suggestions for annotators.

    \b
    keras-elmo predict model/ new.txt
    keras-elmo predict model/ new.csv --text review -o labelled.jsonl
    keras-elmo predict entailment/ pairs.tsv --text premise,hypothesis
    keras-elmo predict tagger/ new.txt --pretty
    keras-elmo predict answerer/ questions.json --pretty
    keras-elmo predict tagger/ new.txt --to conllu -o tagged.conllu
    keras-elmo predict tagger/ new.txt --to label-studio -o tasks.json
    keras-elmo predict speller/ words.txt --beam 8 --n-best 3
    echo "A joy to watch ." | keras-elmo predict model/ -
    """
    from keras_elmo.data.examples import open_examples
    from keras_elmo.data.kinds import KINDS
    from keras_elmo.data.predictions.prediction_formats import PREDICTION_FORMATS, check_format
    from keras_elmo.tasks.task_labels import read_task_labels
    from keras_elmo.workflows.labelled_files import as_in_training, said_of_data

    if pretty and (output is not None or to != "jsonl"):
        raise ValueError("--pretty shows predictions on the terminal. Received: --output or --to")
    writer = PREDICTION_FORMATS[to]
    writer.check(output, overwrite=overwrite)
    trained = read_task_labels(model)
    kind = KINDS[trained.kind]
    check_format(to, kind.formats(trained.labels))
    reading = replace(as_in_training(model, said_of_data(options)), task=kind.name)
    examples = open_examples(texts, reading, labelled=False)
    # The first one now: a wrong file or column is told before Keras is there.
    found = iter(examples)
    rows = _Rows(chain(list(islice(found, 1)), found))
    for note in examples.source.notes:
        say(note)
    task = load_trained(model)
    search = {"beam": beam, "length_penalty": length_penalty, "n_best": n_best}
    how: dict[str, Any] = {k: v for k, v in search.items() if k in task.prediction_options}
    how["batch_size"] = batch_size
    if pretty:
        _show(task, rows, **how)
        _tell(examples.source.bad, None)
        return
    records = rows.named(task.records(iter(rows), **how))
    writer.write(records, output, overwrite=overwrite)
    _tell(examples.source.bad, output)


def _tell(bad: "BadRows", output: Path | None) -> None:
    """Say what has no prediction, and write it beside the output."""
    from keras_elmo.data.datasets import skipped_facts
    from keras_elmo.workflows.labelled_files import SKIPPED, write_skipped

    for name, number in skipped_facts(bad.skipped).items():
        say(f"{name}: {number:,}")
    if output is not None:
        write_skipped(bad.rows, output.with_name(SKIPPED))


class _Rows:
    """What is predicted on, which a task takes in advance, and where each of it stands."""

    def __init__(self, examples: "Iterator[Example]") -> None:
        self._examples, self._taken = examples, deque[Any]()

    def __iter__(self) -> Iterator[Any]:
        for example in self._examples:
            self._taken.append(example)
            yield example.x

    def named(self, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The records with the line of each, and the id if it has one."""
        for record in records:
            example = self._taken.popleft()
            name = {} if example.id is None else {"id": example.id}
            yield {"line": example.line, **name, **record}


def _show(task: Any, rows: Iterable[Any], **how: Any) -> None:
    from keras_elmo.cli.pretty import Pretty

    pretty = Pretty(task.view, styled=shows_styles())
    for record in task.records(iter(rows), **how):
        out.print(pretty.render(record), soft_wrap=True, end="")
