"""`keras-elmo train`: labelled text → a model folder."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_elmo.cli import amounts
from keras_elmo.cli.after_training import check_steps, do_steps
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.choices import (
    AttentionKind,
    ClassWeight,
    FineTune,
    Format,
    Kind,
    Pooling,
    Schedule,
    Scheme,
    Tokenizer,
    Unfreezing,
    Unit,
)
from keras_elmo.cli.command_lines import resuming
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.elmo import check_elmo_options
from keras_elmo.cli.fitting import check_output, checkpoint_of, finish, fit, write_model


def _option(panel: str, text: str, *names: str, **limits: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **limits)


def _is_said(ctx: typer.Context, name: str) -> bool:
    """Whether an option was given, if only what it is by default."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


DATA, MODEL, TRAINING, OUTPUT = "Data", "Model", "Training", "Output"
SEQUENCES = "Sequence to sequence"


def train(
    ctx: typer.Context,
    data: Annotated[
        str,
        typer.Argument(help="Labelled file: CSV, TSV, JSONL, CoNLL, Parquet, SQuAD; hf://NAME."),
    ],
    output: Annotated[Path, _option(OUTPUT, "Model folder to write.", "--output", "-o")],
    # === Data ===
    text: Annotated[
        str | None, _option(DATA, "Text column or key: a name, or a number. Of pairs A,B.")
    ] = None,
    label: Annotated[
        str | None, _option(DATA, "Label column or key; several with commas between them.")
    ] = None,
    header: Annotated[
        bool | None,
        _option(
            DATA, "First row holds names. Default: if a column is named.", "--header/--no-header"
        ),
    ] = None,
    file_format: Annotated[
        Format | None, _option(DATA, "Instead of what the file's name tells.", "--format")
    ] = None,
    skip_bad: Annotated[
        bool, _option(DATA, "Leave out questions that cannot be used.", "--skip-bad")
    ] = False,
    task: Annotated[Kind | None, _option(DATA, "Instead of what the data tell.")] = None,
    dev: Annotated[str | None, _option(DATA, "Development set, of the same form.")] = None,
    dev_split: Annotated[
        float, _option(DATA, "Or this share of the data.", min=0.0, max=0.9)
    ] = 0.1,
    tokenizer: Annotated[Tokenizer | None, _option(DATA, "Instead of the preset's.")] = None,
    # === Model ===
    start_from: Annotated[
        str | None, _option(MODEL, "A trained model's folder: go on with it as it is.")
    ] = None,
    preset: Annotated[str | None, _option(MODEL, "ELMo: preset name or folder.")] = None,
    weights: Annotated[Path | None, _option(MODEL, "Or published weights (HDF5) ...")] = None,
    options: Annotated[Path | None, _option(MODEL, "... and their options (JSON).")] = None,
    mix: Annotated[
        str, _option(MODEL, "Mix of ELMo's layers: scalar, concat, mean, top, or a layer's number.")
    ] = "scalar",
    lstm_units: Annotated[int, _option(MODEL, "BiLSTM units per direction.", min=1)] = 128,
    num_layers: Annotated[int, _option(MODEL, "BiLSTM layers.", min=0)] = 1,
    pooling: Annotated[Pooling, _option(MODEL, "For classification.")] = Pooling.MAX,
    ordinal: Annotated[
        bool, _option(MODEL, "Classes have an order, such as 1 to 5.", "--ordinal")
    ] = False,
    cross_attention: Annotated[
        bool, _option(MODEL, "Each text of a pair attends to the other.", "--cross-attention")
    ] = False,
    crf: Annotated[
        bool | None,
        _option(MODEL, "Score sequences of tags. Default: for spans.", "--crf/--no-crf"),
    ] = None,
    scheme: Annotated[
        Scheme | None, _option(MODEL, "What tags of spans are converted to. Default: BIO.")
    ] = None,
    dropout: Annotated[float, _option(MODEL, "Around the BiLSTM.", min=0.0, max=0.95)] = 0.2,
    elmo_dropout: Annotated[
        float, _option(MODEL, "Of ELMo's mixed vectors.", min=0.0, max=0.95)
    ] = 0.5,
    word_embedding_dim: Annotated[
        int | None, _option(MODEL, "Size of random word vectors beside ELMo.", min=1)
    ] = None,
    word_vectors: Annotated[
        str | None,
        _option(
            MODEL,
            "Beside ELMo: a file in GloVe's text form, none, or elmo: those of its language model. "
            "Default: elmo, if it has one.",
        ),
    ] = None,
    word_shape_dim: Annotated[
        int | None, _option(MODEL, "Size of vectors of the words' shapes, likewise.", min=1)
    ] = None,
    # === Sequence to sequence ===
    source: Annotated[
        Unit, _option(SEQUENCES, "What the encoder reads; ELMo reads words in any case.")
    ] = Unit.WORDS,
    target: Annotated[Unit, _option(SEQUENCES, "What the decoder writes.")] = Unit.WORDS,
    attention: Annotated[
        AttentionKind, _option(SEQUENCES, "Of the decoder.")
    ] = AttentionKind.LUONG,
    copy: Annotated[
        bool, _option(SEQUENCES, "Also copy from the source.", "--copy/--no-copy")
    ] = False,
    decoder_units: Annotated[int, _option(SEQUENCES, "Of the decoder's LSTM.", min=1)] = 256,
    label_smoothing: Annotated[float, _option(SEQUENCES, "Of the loss.", min=0.0, max=0.95)] = 0.0,
    scheduled_sampling: Annotated[
        float, _option(SEQUENCES, "Share of its own symbols that it learns from.", min=0.0, max=1.0)
    ] = 0.0,
    # === Training ===
    epochs: Annotated[int, _option(TRAINING, "At most.", min=1)] = 10,
    patience: Annotated[int, _option(TRAINING, "Epochs without a better one.", min=1)] = 3,
    batch_size: Annotated[int, _option(TRAINING, "Sentences of a batch.", min=1)] = 32,
    fine_tune: Annotated[
        FineTune, _option(TRAINING, "Leave ELMo as it is, or train it a little, or all of it.")
    ] = FineTune.FROZEN,
    learning_rate: Annotated[
        float | None, _option(TRAINING, "Of the head. Default: the recipe's.", min=0.0)
    ] = None,
    elmo_learning_rate: Annotated[
        float | None, _option(TRAINING, "Of ELMo's top layer, likewise.", min=0.0)
    ] = None,
    unfreezing: Annotated[
        Unfreezing | None, _option(TRAINING, "When its layers train, likewise.")
    ] = None,
    schedule: Annotated[Schedule | None, _option(TRAINING, "Of all rates, likewise.")] = None,
    l2_sp: Annotated[
        float | None,
        _option(TRAINING, "Pull towards the pretrained ELMo, likewise.", "--l2-sp", min=0.0),
    ] = None,
    bilm_dropout: Annotated[
        float, _option(TRAINING, "Of the inputs of ELMo's LSTMs.", min=0.0, max=0.95)
    ] = 0.0,
    bilm_weight_drop: Annotated[
        float, _option(TRAINING, "Of their recurrent weights.", min=0.0, max=0.95)
    ] = 0.0,
    max_forgetting: Annotated[
        float | None,
        _option(TRAINING, "Most that ELMo's perplexity may rise: 0.05 is 5 %.", min=0.0),
    ] = None,
    class_weight: Annotated[
        ClassWeight | None, _option(TRAINING, "Give rare classes more weight.")
    ] = None,
    ngrams: Annotated[
        bool,
        _option(
            TRAINING,
            "Let n-grams of words and characters have a say, too: for small sets of texts.",
            "--ngrams",
        ),
    ] = False,
    calibrate: Annotated[
        bool,
        _option(
            TRAINING, "Then fit probabilities and thresholds to the development set.", "--calibrate"
        ),
    ] = False,
    seed: Annotated[int, _option(TRAINING, "Of everything random.", min=0)] = 13,
    # === Output ===
    overwrite: Annotated[bool, _option(OUTPUT, "Replace a model.", "--overwrite")] = False,
    resume: Annotated[
        bool, _option(OUTPUT, "Continue a training that was interrupted.", "--resume")
    ] = False,
    checkpoint_every: Annotated[
        str, _option(OUTPUT, "Time between two checkpoints, for --resume.")
    ] = "5m",
    quiet: Annotated[bool, _option(OUTPUT, "Show errors only.", "--quiet", "-q")] = False,
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
    check_elmo_options(preset, weights, options, None)
    from keras_elmo.files.new_folder import new_folder_in
    from keras_elmo.files.work_folder import work_folder
    from keras_elmo.workflows.runs import TrainingRun

    run = TrainingRun.from_options(ctx.params)
    run.check_start(name for name in ctx.params if _is_said(ctx, name))
    with work_folder(output) as work:  # and whoever comes now is told that it is being written
        check_output(output, resume=resume, overwrite=overwrite)
        found = run.read()
        steps = {"ngrams": ngrams, "calibrate": calibrate}
        check_steps(found.rows, found.held_out, **steps)
        fetch_if_named(preset)
        run.check_elmo()
        load_backend(trains=True)
        from keras_elmo.workflows.data_facts import data_facts

        checkpoint = checkpoint_of(output, seconds, anew=overwrite, resume=resume)
        overwrite = overwrite or (resume and checkpoint.path.exists())
        with new_folder_in(work, output, overwrite=overwrite) as folder:
            model = run.build(found)
            how = run.training() | {"monitors": run.monitors(model), "checkpoint": checkpoint}
            facts = data_facts(model, found.rows, found.held_out)
            if not resume:
                checkpoint.remove()  # of a training that is begun anew
            result = fit(model, found.rows, found.held_out, facts=facts, quiet=quiet, **how)
            if not (result.interrupted or result.diverged):
                do_steps(model, found.rows, found.held_out, quiet=quiet, **steps)
            write_model(
                folder, model, result, found.held_out, ctx.obj, facts=facts, seed=seed, quiet=quiet
            )
        if not result.interrupted:
            checkpoint.remove()
    # Ctrl-C while the first epoch is measured comes before the first checkpoint.
    again = resuming(ctx.obj) if checkpoint.path.exists() else ""
    finish(output, result, again=again, quiet=quiet)
