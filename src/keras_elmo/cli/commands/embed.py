"""`keras-elmo embed`: sentences → a file of ELMo features."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo._values import (
    Engine,
    EnginePrecision,
    FeatureFormat,
    FeaturePooling,
    Format,
    NumberType,
    Tokenizer,
)
from keras_elmo.cli.command_lines import without
from keras_elmo.cli.console import say, warn
from keras_elmo.cli.embedding_engine import EngineOptions, load_engine
from keras_elmo.cli.errors import stop_interrupted


def _option(panel: str, text: str, *names: str, **limits: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **limits)


INPUT, MODEL, FEATURES, OUTPUT = "Input", "Model", "Features", "Output"


def embed(
    ctx: typer.Context,
    sentences: Annotated[
        str,
        typer.Argument(
            help="One sentence a line, or CSV, TSV, JSONL, CoNLL, Parquet; - is standard input."
        ),
    ],
    output: Annotated[
        Path,
        _option(
            OUTPUT, "File to write: .h5, .npz, .npy, .parquet or .safetensors.", "--output", "-o"
        ),
    ],
    # === Input ===
    text: Annotated[
        str | None, _option(INPUT, "Column or key of the text (CSV, TSV, JSONL, CoNLL, Parquet).")
    ] = None,
    header: Annotated[
        bool | None,
        _option(
            INPUT, "First row holds names. Default: if a column is named.", "--header/--no-header"
        ),
    ] = None,
    file_format: Annotated[
        Format | None,
        _option(INPUT, "How the file is written, instead of what its name tells.", "--format"),
    ] = None,
    tokenizer: Annotated[
        Tokenizer, _option(INPUT, "How a text becomes words; token lists are taken as they are.")
    ] = "whitespace",
    # === Model ===
    preset: Annotated[str | None, _option(MODEL, "Preset name or folder.")] = None,
    weights: Annotated[Path | None, _option(MODEL, "Published weights (HDF5).")] = None,
    options: Annotated[Path | None, _option(MODEL, "Published options (JSON).")] = None,
    vocabulary: Annotated[
        Path | None, _option(MODEL, "Words of a published model with word input.")
    ] = None,
    stateful: Annotated[
        bool, _option(MODEL, "Carry the state over batches, as published vectors do.", "--stateful")
    ] = False,
    batch_size: Annotated[
        int, _option(MODEL, "Rows of the state that --stateful carries.", min=1)
    ] = 32,
    engine: Annotated[
        Engine, _option(MODEL, "What computes; onnx needs no Keras. auto: the fastest exact one.")
    ] = "auto",
    precision: Annotated[
        EnginePrecision,
        _option(MODEL, "Precision of matrix products: bfloat16 (keras), int8 (onnx)."),
    ] = "float32",
    # === Features ===
    layers: Annotated[
        str, _option(FEATURES, "Layers to keep: all, top, or numbers such as 0,2.")
    ] = "all",
    mix: Annotated[
        str,
        _option(
            FEATURES, "Mix of these layers: none, mean, concat, or weights such as 0.2,0.3,0.5."
        ),
    ] = "none",
    pool: Annotated[FeaturePooling, _option(FEATURES, "Make one vector of a sentence.")] = "none",
    dtype: Annotated[NumberType, _option(FEATURES, "Type of the numbers.")] = "float32",
    # === Output ===
    to: Annotated[
        FeatureFormat | None,
        _option(OUTPUT, "How the output is written, instead of what its name tells."),
    ] = None,
    overwrite: Annotated[bool, _option(OUTPUT, "Replace the output.", "--overwrite")] = False,
    restart: Annotated[
        bool, _option(OUTPUT, "Throw away unfinished work in OUTPUT.unfinished.", "--restart")
    ] = False,
    quiet: Annotated[bool, _option(OUTPUT, "Show errors only.", "--quiet", "-q")] = False,
) -> None:
    """Write ELMo features of any number of sentences; the same command again goes on after a crash.

    \b
    keras-elmo embed tokens.txt -o out.h5
    keras-elmo embed reviews.csv --text review --tokenizer words --pool mean -o out.parquet
    zcat corpus.gz | keras-elmo embed - --layers top --dtype float16 -o out.npy
    keras-elmo embed tokens.txt --weights w.hdf5 --options o.json --mix mean -o out.safetensors
    """
    from keras_elmo.cli.embed_progress import ShownProgress
    from keras_elmo.data.plain_text import count_sentences, read_token_lists
    from keras_elmo.data.reading import Reading
    from keras_elmo.embedding.output.embed_file import embed_file
    from keras_elmo.embedding.output.feature_choice import FeatureChoice
    from keras_elmo.files.work_folder import work_path

    reading = Reading(file_format=file_format, text=text, header=header)
    choice = FeatureChoice(layers, mix, pool, dtype)
    chosen = EngineOptions(
        preset, weights, options, vocabulary, engine, precision, stateful, batch_size
    )
    job = chosen.job() | {"tokenizer": tokenizer}
    total = count_sentences(sentences, reading)  # and a bad line is found before the work
    try:
        with ShownProgress(total, quiet=quiet) as progress:
            counts = embed_file(
                output,
                read_token_lists(sentences, reading, tokenizer=tokenizer),
                lambda: load_engine(chosen),
                choice,
                job=job,
                to=to,
                batch_size=batch_size,
                overwrite=overwrite,
                restart=restart,
                progress=progress,
            )
    except KeyboardInterrupt:
        folder = work_path(output)
        if not folder.exists():  # nothing was done yet
            raise
        again = without("--restart", ctx.obj)
        warn(f"interrupted. {folder} keeps what is done; go on with: {again}")
        stop_interrupted()
    rate = f", {progress.rate}" if progress.computed else ""  # none if all was done before
    say(f"{counts[0]:,} sentences, {counts[1]:,} tokens{rate}: {output}", quiet=quiet)
