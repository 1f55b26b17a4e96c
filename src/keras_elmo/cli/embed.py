"""`keras-elmo embed`: sentences → ELMo features in an HDF5 file."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keras_elmo.cli.console import progress_bar, say
from keras_elmo.cli.elmo import load_elmo

if TYPE_CHECKING:
    import numpy as np


def embed(
    sentences: Annotated[Path, typer.Argument(help="One sentence a line, words split on spaces.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="HDF5 file to write.")],
    preset: Annotated[str | None, typer.Option(help="Preset name or folder.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Published weights (HDF5).")] = None,
    options: Annotated[Path | None, typer.Option(help="Published options (JSON).")] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(help="Words of a published model with word input.")
    ] = None,
    layers: Annotated[str, typer.Option(help="all, top, or numbers such as 0,2.")] = "all",
    stateful: Annotated[
        bool,
        typer.Option("--stateful", help="Carry the state over batches, as published vectors do."),
    ] = False,
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences of a batch.")] = 32,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Write ELMo features: datasets '0', '1', … of shape (layers, tokens, 2 x projection).

    \b
    keras-elmo embed tokens.txt -o out.h5
    keras-elmo embed tokens.txt --weights w.hdf5 --options o.json --layers all -o out.h5
    keras-elmo embed tokens.txt --preset elmo_mini_en --layers top -o out.h5
    """
    from keras_elmo.text.formats import read_sentences

    total = sum(1 for _ in read_sentences(sentences))  # and a bad line is found before the work
    state = {"stateful": True, "batch_size": batch_size} if stateful else {}
    backbone, preprocessor = load_elmo(
        preset, weights, options, vocabulary=vocabulary, tokenizer="whitespace", **state
    )
    from keras_elmo.elmo.saving import new_file
    from keras_elmo.embedding.embedder import ElmoEmbedder
    from keras_elmo.embedding.feature_file import choose_layers, write_features

    chosen = choose_layers(layers, backbone.num_layers)
    embedder = ElmoEmbedder(backbone, preprocessor, batch_size=batch_size)
    start = time.monotonic()
    with new_file(output, overwrite=overwrite) as path:
        counter = _Counter(embedder.embed_iter(read_sentences(sentences)), total, quiet)
        count = write_features(path, counter, chosen)
    seconds = time.monotonic() - start
    rate = f"{counter.tokens / max(seconds, 1e-9):,.0f} tokens/s"
    say(f"{count:,} sentences, {counter.tokens:,} tokens, {rate}: {output}", quiet=quiet)


class _Counter:
    """Passes features on and shows how many tokens came by."""

    def __init__(self, features: "Iterable[np.ndarray]", total: int, quiet: bool) -> None:
        self.features, self.total, self.quiet, self.tokens = features, total, quiet, 0

    def __iter__(self) -> "Iterator[np.ndarray]":
        start = time.monotonic()
        with progress_bar(quiet=self.quiet) as progress:
            bar = progress.add_task("embedding", total=self.total, text="")
            for rows in self.features:
                self.tokens += len(rows)
                rate = self.tokens / max(time.monotonic() - start, 1e-9)
                progress.update(bar, advance=1, text=f"{rate:,.0f} tokens/s")
                yield rows
