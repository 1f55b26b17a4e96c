"""`keras-elmo adapt`: a pre-trained ELMo → one that knows the language of a domain."""

from pathlib import Path
from typing import Annotated

import typer

from keras_elmo._values import SEED
from keras_elmo.cli import amounts
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.budget import Budget
from keras_elmo.cli.commands.pretrain import (
    BUDGET,
    MEASURES,
    PASSES,
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
from keras_elmo.cli.console import alarm, out, say, warn
from keras_elmo.cli.language_model import shown_perplexity

USUAL = Budget(seconds=1200.0, passes=3.0)


def adapt(
    ctx: typer.Context,
    preset: Annotated[str, typer.Argument(help="Preset name or folder to begin with.")],
    texts: Annotated[list[Path], typer.Argument(help="Domain text (compressed too).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")],
    resume: Resume = False,
    time: Annotated[str | None, option(BUDGET, "Training time (default 20m).")] = None,
    tokens: Tokens = None,
    passes: Annotated[float | None, option(BUDGET, PASSES.format(USUAL.passes), min=0.01)] = None,
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
    the texts to measure. With --domain the preset has the weights of the best
    measure: if none is better than the start, those it began with. Time, tokens
    and passes are bounds: what is used up first ends it.

    \b
    keras-elmo adapt elmo_mini_en reviews.txt -o reviews_elmo/ --passes 3
    keras-elmo adapt elmo_mini_en a.txt -o run/ --domain heldout.txt --general news.txt
    """
    budget = Budget.given(time, tokens, passes, USUAL)
    batch_size = None if batch_tokens == "auto" else amounts.count(batch_tokens)
    from keras_elmo.files.folder_lock import locked_folder
    from keras_elmo.weights.detection import check_elmo

    check_inputs(texts, domain, general)
    ctx.with_resource(locked_folder(output))
    check_folder(output, resume, {})
    check_elmo(preset)
    load_backend(trains=True)
    from keras_elmo.cli.corpus_progress import read_texts
    from keras_elmo.cli.pretrain_progress import PretrainProgress, export, train, warn_if_seen
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
        seed=seed,
        **budget.settings(corpus),
    )
    measures = RunMeasures(corpus, domain)
    warn_if_seen(measures, domain)
    if not domain:
        warn("nothing tells whether it gets better. Give held-out text of the domain: --domain")
    shown = PretrainProgress(output, config, corpus, quiet=quiet, tensorboard=tensorboard)
    measured = {name: path for name, path in (("domain", domain), ("general", general)) if path}
    say("Measuring what it begins with ...", quiet=quiet)
    before = text_perplexities(model, words, measured)
    begin = model.rebuilt(dtype=dtype_policy("auto"))
    trained, progress = train(ctx, shown, corpus, begin, resume=resume, evaluate=measures)
    start, best = before.get("domain"), progress.best
    if start and best and best["perplexity"] >= start["perplexity"]:
        progress.best = start | {"step": 0, "tokens": 0, "passes": 0.0}
        alarm(
            f"Nothing was gained: the perplexity of {domain} was {start['perplexity']:,.1f} at "
            f"the start, and {best['perplexity']:,.1f} at best. The preset keeps the weights it "
            "began with. Try more text, a lower --learning-rate or fewer --passes."
        )
    else:
        model = trained
    after = text_perplexities(model, words, measured)
    report = {"preset": preset, "before": before, "after": after, "best": progress.best}
    write_json(report, output / "adaptation.json")
    for name, row in after.items():
        old, new = (x["perplexity"] for x in (before[name], row))
        line = f"{name}: perplexity {old:,.1f} → {shown_perplexity(new, row['unknown'])}"
        out.print(line, style="red" if new > old else None)
    export(shown, model, words, progress, adapted_from=preset)
