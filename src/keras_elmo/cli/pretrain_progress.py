"""How a pre-training goes: a bar, a line a measure, history and curves kept up to date."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from keras_elmo.cli.command_lines import command_line, resuming
from keras_elmo.cli.console import progress_bar, say, warn
from keras_elmo.cli.errors import stop_interrupted
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.config import PretrainingConfig, Progress
from keras_elmo.pretraining.corpus import Corpus
from keras_elmo.pretraining.export import export_preset
from keras_elmo.pretraining.training import pretrain
from keras_elmo.reports.plots import PlotsMissingError, plot_learning_curves
from keras_elmo.reports.records import command_record, write_history, write_json
from keras_elmo.reports.tensorboard import TensorBoardLog

_LOG_STEPS = 20  # between two losses in the TensorBoard log
_SMOOTHING = 0.98  # of the shown loss, from step to step


class PretrainProgress:
    """Shows tokens/s, loss, perplexity and time left; use it as a context.

    Args:
        folder: where `history.csv` and `learning_curves.png` are written at every measure.
        config: of the run, for its budget.
        quiet: show nothing.
        tensorboard: write `tensorboard/` in the folder as well.

    Raises:
        ImportError: the TensorBoard log needs an extra.
    """

    def __init__(
        self,
        folder: Path,
        config: PretrainingConfig,
        *,
        quiet: bool = False,
        tensorboard: bool = False,
    ) -> None:
        self.folder, self.config, self.quiet = folder, config, quiet
        self.history: list[dict[str, float]] = []
        self.loss = math.nan
        self._first: tuple[float, int] | None = None  # when this run began, and at which token
        self._can_draw = True
        self.log = TensorBoardLog(folder / "tensorboard") if tensorboard else None
        self.bar = progress_bar(quiet=quiet)
        self.task = self.bar.add_task("pre-training", total=1.0, text="")

    def __enter__(self) -> "PretrainProgress":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()
        if self.log:
            self.log.close()

    def on_step(self, progress: Progress, loss: float) -> None:
        """Show the step; the perplexity is the one under the sampled softmax."""
        self.history = progress.history
        old = loss if math.isnan(self.loss) else self.loss
        self.loss = _SMOOTHING * old + (1 - _SMOOTHING) * loss
        self._first = self._first or (time.monotonic(), progress.tokens)
        seconds = time.monotonic() - self._first[0]
        rate = (progress.tokens - self._first[1]) / seconds if seconds else 0.0
        text = (
            f"{progress.tokens:,} tokens · {rate:,.0f} tokens/s · loss {self.loss:.3f} · "
            f"perplexity {math.exp(min(self.loss, 20.0)):,.0f}"
        )
        if self.log and progress.step % _LOG_STEPS == 0:
            rate = self.config.learning_rate_at(progress)
            self.log.write({"loss": self.loss, "learning_rate": rate}, progress.step)
        self.bar.update(self.task, completed=progress.fraction(self.config), text=text)

    def on_evaluation(self, row: dict[str, float]) -> None:
        """Leave a line, and write history and curves."""
        shown = [f"{name} {value:,.4g}" for name, value in row.items() if name != "step"]
        say(f"step {row['step']:,}: {' · '.join(shown)}", quiet=self.quiet)
        self.write(self.history)
        if self.log:
            measures = {name: value for name, value in row.items() if name != "step"}
            self.log.write(measures, int(row["step"]))

    def write(self, history: list[dict[str, float]]) -> None:
        """Write history and curves, once there is a measure."""
        if not history:
            return
        write_history(history, self.folder / "history.csv")
        if self._can_draw:
            try:
                plot_learning_curves(history, self.folder / "learning_curves.png", x="tokens")
            except PlotsMissingError as error:
                self._can_draw = False
                warn(f"no pictures: {error}")


def train(
    ctx: typer.Context,
    shown: PretrainProgress,
    corpus: Corpus,
    model: dict[str, Any] | ElmoLanguageModel,
    *,
    resume: bool,
    evaluate: Callable[[ElmoLanguageModel], dict[str, float]],
) -> tuple[ElmoLanguageModel, Progress]:
    """Train as far as the budget goes; Ctrl-C leaves a checkpoint and says how to go on."""
    write_json(command_record(ctx.obj, shown.config.seed), shown.folder / "command.json")
    hooks = {"on_step": shown.on_step, "on_evaluation": shown.on_evaluation}
    try:
        with shown:
            model, progress = pretrain(
                corpus, model, shown.config, shown.folder, resume=resume, evaluate=evaluate, **hooks
            )
            shown.write(progress.history)
    except KeyboardInterrupt:
        checkpoint = shown.folder / "checkpoint"
        warn(f"interrupted. {checkpoint} is whole; go on with: {resuming(ctx.obj)}")
        stop_interrupted()
    return model, progress


def export(
    shown: PretrainProgress, model: ElmoLanguageModel, words: Sequence[str], **facts: Any
) -> None:
    """Write the preset of a run, and say what to do with it."""
    place = shown.folder / "preset"
    export_preset(model, place, vocabulary=words, overwrite=True, **facts)
    use = command_line("train", "DATA", "--preset", place, "-o", "model/")
    say(f"Done. Use it: {use}", quiet=shown.quiet)
