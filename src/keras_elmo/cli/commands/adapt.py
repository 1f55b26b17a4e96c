"""`keras-elmo adapt`: a pre-trained ELMo → one that knows the language of a domain."""

from pathlib import Path
from typing import Annotated

import typer

from keras_elmo._values import SEED
from keras_elmo.cli import amounts
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.commands.pretrain import (
    BUDGET,
    MEASURES,
    BatchTokens,
    Dropout,
    Resume,
    Seed,
    TensorBoard,
    Tokens,
    VocabularySize,
    check_folder,
    check_inputs,
    option,
)
from keras_elmo.cli.console import out, say

DEFAULT_SECONDS = 1200.0


def adapt(
    ctx: typer.Context,
    preset: Annotated[str, typer.Argument(help="Preset name or folder to begin with.")],
    texts: Annotated[list[Path], typer.Argument(help="Domain text (compressed too).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    resume: Resume = False,
    time: Annotated[str | None, option(BUDGET, "Training time (default 20m).")] = None,
    tokens: Tokens = None,
    learning_rate: Annotated[float, option(BUDGET, "Highest learning rate.", min=0.0)] = 5e-4,
    batch_tokens: BatchTokens = "auto",
    seed: Seed = SEED,
    vocabulary_size: VocabularySize = 50_000,
    dropout: Dropout = 0.0,
    domain: Annotated[
        Path | None, option(MEASURES, "Held-out text of the domain, to measure before and after.")
    ] = None,
    general: Annotated[
        Path | None, option(MEASURES, "General text, to measure what is forgotten.")
    ] = None,
    tensorboard: TensorBoard = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Continue the pre-training of an ELMo on text of a domain: one sentence a line.

    The softmax gets the words of that text; words it had keep what they
    learned. The folder holds what that of `pretrain` holds, preset/ included,
    and adaptation.json: perplexity before and after, under one vocabulary, on
    the texts to measure.

    \b
    keras-elmo adapt elmo_mini_en reviews.txt -o reviews_elmo/ --time 20m
    keras-elmo adapt elmo_mini_en a.txt -o run/ --domain heldout.txt --general news.txt
    """
    max_seconds = amounts.seconds(time) if time else (None if tokens else DEFAULT_SECONDS)
    max_tokens = amounts.count(tokens) if tokens else None
    batch_size = None if batch_tokens == "auto" else amounts.count(batch_tokens)
    from keras_elmo.files.folder_lock import locked_folder
    from keras_elmo.weights.detection import check_elmo

    check_inputs(texts, domain, general)
    ctx.with_resource(locked_folder(output))
    check_folder(output, resume, {})
    check_elmo(preset)
    load_backend(trains=True)
    from keras_elmo.cli.corpus_progress import read_texts
    from keras_elmo.cli.pretrain_progress import PretrainProgress, export, train
    from keras_elmo.pretraining.adaptation import adapted_language_model
    from keras_elmo.pretraining.config import PretrainingConfig
    from keras_elmo.pretraining.evaluation import RunMeasures, text_perplexities
    from keras_elmo.pretraining.machine import automatic_batch_tokens, dtype_policy
    from keras_elmo.reports.records import write_json

    corpus = read_texts(texts, output / "corpus", vocabulary_size, quiet=quiet)
    words = corpus.types[: min(vocabulary_size, len(corpus.types))]
    model = adapted_language_model(preset, words, dropout=dropout)
    num_samples = min(PretrainingConfig.num_samples, len(words) // 2)
    config = PretrainingConfig(
        vocabulary_size=len(words),
        num_samples=num_samples,
        tokens_per_batch=batch_size
        or automatic_batch_tokens(
            units=model.backbone.config.units,
            num_layers=model.backbone.config.num_layers,
            projection_dim=model.backbone.config.projection_dim,
            vocabulary_size=len(words),
            num_samples=num_samples,
        ),
        learning_rate=learning_rate,
        max_seconds=max_seconds,
        max_tokens=max_tokens,
        seed=seed,
    )
    shown = PretrainProgress(output, config, quiet=quiet, tensorboard=tensorboard)
    measured = {name: path for name, path in (("domain", domain), ("general", general)) if path}
    say("Measuring what it begins with ...", quiet=quiet)
    before = text_perplexities(model, words, measured)
    begin, measures = model.rebuilt(dtype=dtype_policy("auto")), RunMeasures(corpus, domain)
    model, progress = train(ctx, shown, corpus, begin, resume=resume, evaluate=measures)
    after = text_perplexities(model, words, measured)
    write_json({"preset": preset, "before": before, "after": after}, output / "adaptation.json")
    for name, row in after.items():
        out.print(
            f"{name}: perplexity {before[name]['perplexity']:,.1f} → {row['perplexity']:,.1f} "
            f"(unknown words {row['unknown']:.1%})"
        )
    export(shown, model, words, adapted_from=preset, tokens_seen=progress.tokens)
