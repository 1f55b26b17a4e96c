"""`keras-elmo pretrain`: text files → an ELMo of one's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo._values import SEED, Optimizer, Precision, Softmax
from keras_elmo.cli import amounts
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.budget import Budget

USUAL = Budget(seconds=3600.0, passes=10.0)
SHAPE_FILE = "model.json"
BUDGET, MODEL, MEASURES = "Budget", "Model", "Measures"


def option(panel: str, text: str, *names: str, **limits: Any) -> Any:
    """An option with its help, under a headline of `--help`."""
    return typer.Option(*names, help=text, rich_help_panel=panel, **limits)


# What `adapt` takes as well.
Resume = Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")]
Tokens = Annotated[str | None, option(BUDGET, "Number of tokens to train on instead, e.g. 20M.")]
PASSES = "Number of passes over the text at most (default {:g})."
BatchTokens = Annotated[
    str, option(BUDGET, "Number of tokens of a batch; auto: 2560, or fewer where memory is short.")
]
Seed = Annotated[int, option(BUDGET, "Seed of everything random.", min=0)]
VocabularySize = Annotated[int, option(MODEL, "Number of words of the softmax.", min=10)]
Dropout = Annotated[
    float, option(MODEL, "Dropout of the LSTMs' inputs and outputs.", min=0.0, max=0.9)
]
TensorBoard = Annotated[bool, option(MEASURES, "Write tensorboard/ too.")]


def pretrain(
    ctx: typer.Context,
    texts: Annotated[list[Path], typer.Argument(help="Text files (compressed too).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    resume: Resume = False,
    time: Annotated[str | None, option(BUDGET, "Training time (default 60m).")] = None,
    tokens: Tokens = None,
    passes: Annotated[float | None, option(BUDGET, PASSES.format(USUAL.passes), min=0.01)] = None,
    learning_rate: Annotated[
        float | None, option(BUDGET, "Highest learning rate (1e-3; adagrad 0.2).", min=0.0)
    ] = None,
    batch_tokens: BatchTokens = "auto",
    optimizer: Annotated[
        Optimizer, option(BUDGET, "Optimizer; the original used adagrad.")
    ] = "adamw",
    weight_decay: Annotated[float, option(BUDGET, "Weight decay of adamw.", min=0.0)] = 0.0,
    unroll: Annotated[
        int,
        option(BUDGET, "Read running text in windows of so many words; 0 reads sentences.", min=0),
    ] = 0,
    precision: Annotated[
        Precision, option(BUDGET, "Precision of matrix products; auto: bfloat16 where it pays.")
    ] = "auto",
    seed: Seed = SEED,
    units: Annotated[int, option(MODEL, "Number of cells of each LSTM.", min=1)] = 512,
    projection_dim: Annotated[
        int, option(MODEL, "Size of the output of each direction.", min=1)
    ] = 128,
    num_layers: Annotated[int, option(MODEL, "Number of LSTM layers.", min=1)] = 2,
    num_highways: Annotated[int, option(MODEL, "Number of highway layers.", min=0)] = 1,
    filters: Annotated[
        str, option(MODEL, "Character filters: width:number, ...")
    ] = "1:32,2:32,3:64,4:128,5:256",
    dropout: Dropout = 0.0,
    vocabulary_size: VocabularySize = 50_000,
    softmax: Annotated[
        Softmax,
        option(MODEL, "How words are predicted; adaptive is exact, and smaller for rare words."),
    ] = "sampled",
    heldout: Annotated[Path | None, option(MEASURES, "Text to measure the perplexity on.")] = None,
    probe: Annotated[
        Path | None, option(MEASURES, "Labelled TSV (label, text) for a linear probe.")
    ] = None,
    checkpoint_every: Annotated[str, option(MEASURES, "Time between checkpoints.")] = "4m",
    measure_every: Annotated[str, option(MEASURES, "Time between measures.")] = "10m",
    tensorboard: TensorBoard = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Pre-train ELMo's language model on text with one sentence a line, words split on spaces.

    The folder holds checkpoint/ (for --resume), history.csv,
    learning_curves.png and at the end preset/, which every command takes as
    --preset: with --heldout the weights of the best measure, else the last
    ones. Time, tokens and passes are bounds: what is used up first ends it.

    \b
    keras-elmo pretrain news.txt -o run/ --time 60m --heldout heldout.txt
    keras-elmo pretrain news.txt -o run/ --time 120m --resume
    """
    budget = Budget.given(time, tokens, passes, USUAL)
    checkpoint_seconds = amounts.seconds(checkpoint_every)
    evaluation_seconds = amounts.seconds(measure_every)
    char_filters = amounts.filters(filters)
    batch_size = None if batch_tokens == "auto" else amounts.count(batch_tokens)
    rate = learning_rate or (0.2 if optimizer == "adagrad" else 1e-3)
    backbone_config = {
        "units": units,
        "projection_dim": projection_dim,
        "num_layers": num_layers,
        "num_highways": num_highways,
        "char_filters": char_filters,
        "dropout": dropout,
    }
    shape = backbone_config | {"vocabulary_size": vocabulary_size}
    from keras_elmo.files.folder_lock import locked_folder

    check_inputs(texts, heldout, probe)
    ctx.with_resource(locked_folder(output))
    check_folder(output, resume, shape)
    load_backend(trains=True)
    from keras_elmo.cli.corpus_progress import read_texts
    from keras_elmo.cli.pretrain_progress import PretrainProgress, export, train, warn_if_seen
    from keras_elmo.pretraining.config import PretrainingConfig
    from keras_elmo.pretraining.evaluation import RunMeasures
    from keras_elmo.pretraining.machine import automatic_batch_tokens, dtype_policy
    from keras_elmo.reports.records import write_json

    corpus = read_texts(texts, output / "corpus", vocabulary_size, quiet=quiet)
    vocabulary_size = min(vocabulary_size, len(corpus.types))
    num_samples = min(PretrainingConfig.num_samples, vocabulary_size // 2)
    config = PretrainingConfig(
        vocabulary_size=vocabulary_size,
        softmax=softmax,
        num_samples=num_samples,
        tokens_per_batch=batch_size
        or automatic_batch_tokens(
            units=units,
            num_layers=num_layers,
            projection_dim=projection_dim,
            vocabulary_size=vocabulary_size,
            num_samples=num_samples,
        ),
        unroll=unroll or None,
        optimizer=optimizer,
        learning_rate=rate,
        weight_decay=weight_decay,
        checkpoint_seconds=checkpoint_seconds,
        evaluation_seconds=evaluation_seconds,
        seed=seed,
        **budget.settings(corpus),
    )
    measures = RunMeasures(corpus, heldout, probe)
    warn_if_seen(measures, heldout)
    shown = PretrainProgress(output, config, corpus, quiet=quiet, tensorboard=tensorboard)
    write_json(shape, output / SHAPE_FILE)
    begin = backbone_config | {"dtype": dtype_policy(precision)}
    model, progress = train(ctx, shown, corpus, begin, resume=resume, evaluate=measures)
    export(shown, model, corpus.types[:vocabulary_size], progress)


def check_inputs(texts: Sequence[Path], *others: Path | None) -> None:
    """Look for all files that a run reads, before an hour of training."""
    from keras_elmo.files.opening import check_file
    from keras_elmo.pretraining.corpus_folder import check_texts

    check_texts(texts)
    for path in filter(None, others):
        check_file(path)


def check_folder(folder: Path, resume: bool, shape: dict[str, Any]) -> None:
    """Refuse to overwrite a run, or to resume one of another shape."""
    from keras_elmo.files.folder_lock import LOCK
    from keras_elmo.files.json_files import read_object

    begun = folder.is_dir() and any(
        path.name not in ("corpus", "corpus.unfinished", LOCK) for path in folder.iterdir()
    )
    if begun and not resume:
        raise FileExistsError(
            f"{folder} exists already and is left as it is. Choose another folder, or continue its "
            "run with --resume."
        )
    if (folder / SHAPE_FILE).is_file():
        old = read_object(folder / SHAPE_FILE)
        changed = [
            f"{name} {old.get(name)} → {shape.get(name)}"
            for name in dict.fromkeys([*old, *shape])
            if shape and old.get(name) != shape.get(name)
        ]
        if changed:
            raise ValueError(
                f"a resumed run keeps its model. Received: {', '.join(changed)}. Give the options "
                "it began with, or choose another folder."
            )
