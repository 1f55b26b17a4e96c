"""`keras-elmo perplexity`: how well a language model predicts a text."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.console import out, say
from keras_elmo.cli.language_model import Model, VocabularyFile, warn_of_unknown

COLUMNS = ("tokens", "unknown", "forward", "backward", "perplexity", "per_character")


def perplexity(
    model: Model,
    texts: Annotated[list[Path], typer.Argument(help="Text files (compressed too).")],
    max_tokens: Annotated[
        int, typer.Option(min=0, help="Read so many tokens of each text; 0 is all.")
    ] = 0,
    vocabulary: VocabularyFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file to write as well.")
    ] = None,
) -> None:
    """Measure perplexity under the full softmax; one sentence a line, words split on spaces.

    Forward, backward, and of both together per token and per character. Only
    per character may models with different vocabularies be compared, and only
    if they know about as many words.

    \b
    keras-elmo perplexity my_elmo/preset heldout.txt
    keras-elmo perplexity my_elmo/preset a.txt b.txt -o perplexity.json
    keras-elmo perplexity bilm_tf_checkpoint/ heldout.txt --vocabulary vocab.txt
    """
    from keras_elmo.files.new_file import check_new_file
    from keras_elmo.files.opening import check_file
    from keras_elmo.weights.language_model import check_language_model

    check_language_model(model, vocabulary)
    for path in texts:
        check_file(path)
    if output:
        check_new_file(output, overwrite=True)
    load_backend()
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.pretraining import evaluation
    from keras_elmo.pretraining.corpus import read_corpus
    from keras_elmo.reports.records import write_json

    language_model = ElmoLanguageModel.from_preset(model, vocabulary=vocabulary)
    words = language_model.vocabulary
    table = Table(title=f"{model}, {len(words):,} words", title_justify="left", box=SIMPLE)
    table.add_column("text", overflow="ellipsis")  # narrow terminals cut names, not numbers
    for name in COLUMNS:
        table.add_column(name.replace("_", "\n"), justify="right", no_wrap=True)
    found = {}
    for path in texts:
        say(f"{path} ...")
        corpus = read_corpus(path, words.tokens, max_tokens=max_tokens)
        row = found[str(path)] = evaluation.perplexity(language_model, corpus)
        warn_of_unknown(row["unknown"], str(path))
        figures = [f"{row[name]:,.1f}" for name in ("forward", "backward", "perplexity")]
        per_character = f"{row['per_character']:.3f}"
        table.add_row(
            path.name, f"{row['tokens']:,}", f"{row['unknown']:.1%}", *figures, per_character
        )
    out.print(table)
    if output:
        write_json({"model": model, "texts": found}, output)
        say(f"Written to {output}")
