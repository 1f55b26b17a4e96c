"""`keras-elmo train`: labelled text → a model folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo.cli import amounts
from keras_elmo.cli.after_training import check_steps, do_steps
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.command_lines import resuming
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import warn
from keras_elmo.cli.elmo import check_elmo_options
from keras_elmo.cli.fitting import check_output, checkpoint_of, finish, fit, write_model
from keras_elmo.cli.options import given, takes_options
from keras_elmo.workflows.options import TRAINING


def _option(panel: str, text: str, *names: str) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel)


OUTPUT = "Output"


@takes_options()
def train(
    ctx: typer.Context,
    output: Annotated[Path, _option(OUTPUT, "Model folder to write.", "--output", "-o")],
    ngrams: Annotated[
        bool | None,
        _option(
            TRAINING,
            "Let n-grams of words and characters have a say, too. By default they have where up "
            "to 20,000 texts have one label each, and no class weights.",
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        _option(
            TRAINING, "Then fit probabilities and thresholds to the development set.", "--calibrate"
        ),
    ] = False,
    overwrite: Annotated[bool, _option(OUTPUT, "Replace a model.", "--overwrite")] = False,
    resume: Annotated[
        bool, _option(OUTPUT, "Continue a training that was interrupted.", "--resume")
    ] = False,
    checkpoint_every: Annotated[
        str, _option(OUTPUT, "Time between two checkpoints, for --resume.", "--checkpoint-every")
    ] = "5m",
    quiet: Annotated[bool, _option(OUTPUT, "Show errors only.", "--quiet", "-q")] = False,
    **options: Any,
) -> None:
    """Train ELMo, a BiLSTM and what the task needs.

    The data tell the task: labelled texts are classified, tagged tokens are
    tagged, questions in SQuAD's JSON are answered from their passages, several
    label columns are learned together. --task says what they do not tell: pair
    is a label for two texts, pair-regression a number for two, regression a
    number for each, seq2seq a text for each.

    Ctrl-C ends the training and keeps what was learned. Every few minutes the
    whole state is written to a file beside the model folder, NAME.checkpoint:
    after a crash the same command with --resume ends with the same model.

    \b
    keras-elmo train reviews.csv --text text --label label -o model/
    keras-elmo train train.conll --dev dev.conll --scheme BIOES -o model/
    keras-elmo train train.conllu --label UPOS,Slot,intent -o model/
    keras-elmo train words.tsv --task seq2seq --source characters -o model/
    keras-elmo train snli.tsv --task pair --cross-attention -o model/
    keras-elmo train reviews.csv --task regression --label stars -o model/
    keras-elmo train train-v2.0.json --dev dev-v2.0.json -o model/
    keras-elmo train news.tsv --text 1 --label 0 --fine-tune slight -o model/
    keras-elmo train more.tsv --text 1 --label 0 --start-from model/ -o further/
    """
    seconds = amounts.seconds(checkpoint_every)
    check_elmo_options(options["preset"], options["weights"], options["options"], None)
    from keras_elmo.files.new_folder import new_folder_in
    from keras_elmo.files.work_folder import work_folder
    from keras_elmo.workflows.runs import TrainingRun
    from keras_elmo.workflows.usual_settings import takes_ngrams

    run = TrainingRun.from_options(options)
    run.check_start(given(ctx, options))
    with work_folder(output) as work:  # and whoever comes now is told that it is being written
        check_output(output, resume=resume, overwrite=overwrite)
        found = run.read()
        for line in found.warnings():
            warn(line)
        if ngrams is None and run.start_from:
            ngrams = False  # those of the first model, if it has some, stay
        elif ngrams is None:
            ngrams = takes_ngrams(found.rows, found.held_out, run.class_weight)
        steps = {"ngrams": ngrams, "calibrate": calibrate}
        check_steps(found.rows, found.held_out, **steps)
        fetch_if_named(run.preset)
        run.check_elmo()
        load_backend(trains=True)
        checkpoint = checkpoint_of(output, seconds, anew=overwrite, resume=resume)
        overwrite = overwrite or (resume and checkpoint.path.exists())
        with new_folder_in(work, output, overwrite=overwrite) as folder:
            model = run.build(found)
            how = run.training() | {"monitors": run.monitors(model), "checkpoint": checkpoint}
            facts = found.facts(model)
            if not resume:
                checkpoint.remove()  # of a training that is begun anew
            result = fit(model, found.rows, found.held_out, facts=facts, quiet=quiet, **how)
            if not (result.interrupted or result.diverged):
                do_steps(model, found.rows, found.held_out, quiet=quiet, **steps)
            write_model(
                folder,
                model,
                result,
                found.rows,
                found.held_out,
                ctx.obj,
                facts=facts,
                seed=run.seed,
                quiet=quiet,
            )
        if not result.interrupted:
            checkpoint.remove()
    # Ctrl-C while the first epoch is measured comes before the first checkpoint.
    again = resuming(ctx.obj) if checkpoint.path.exists() else ""
    finish(output, result, found.rows.kind, again=again, quiet=quiet)
