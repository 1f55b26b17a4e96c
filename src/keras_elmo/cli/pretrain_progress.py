"""How a pre-training goes: a bar, a line a measure, history and curves kept up to date."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from keras_elmo.cli.command_lines import command_line, resuming
from keras_elmo.cli.console import alarm, progress_bar, say, warn
from keras_elmo.cli.errors import stop_interrupted
from keras_elmo.cli.language_model import shown_perplexity
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.config import PretrainingConfig, Progress
from keras_elmo.pretraining.corpus import Corpus
from keras_elmo.pretraining.evaluation import RunMeasures
from keras_elmo.pretraining.export import export_preset
from keras_elmo.pretraining.training import pretrain
from keras_elmo.reports.plots import PlotsMissingError, plot_learning_curves
from keras_elmo.reports.records import command_record, write_history, write_json
from keras_elmo.reports.tensorboard import TensorBoardLog

_LOG_STEPS = 20  # between two losses in the TensorBoard log
_SMOOTHING = 0.98  # of the shown loss, from step to step
_SEEN = 0.01  # of the held-out sentences, from which on it is told
_WORSE = 1.05  # times the best perplexity


class PretrainProgress:
    """Shows passes, tokens/s, loss, perplexity and time left; use it as a context.

    Args:
        folder: where `history.csv` and `learning_curves.png` are written at every measure.
        config: of the run, for its budget.
        corpus: the text, for its size and the share of it that the softmax does not know.
        quiet: show nothing.
        tensorboard: write `tensorboard/` in the folder as well.

    Raises:
        ImportError: the TensorBoard log needs an extra.
    """

    def __init__(
        self,
        folder: Path,
        config: PretrainingConfig,
        corpus: Corpus,
        *,
        quiet: bool = False,
        tensorboard: bool = False,
    ) -> None:
        self.folder, self.config, self.quiet = folder, config, quiet
        self.pass_tokens = corpus.tokens_per_pass
        self.unknown = 1.0 - corpus.coverage(config.vocabulary_size)
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
        perplexity = shown_perplexity(math.exp(min(self.loss, 20.0)), self.unknown)
        text = (
            f"{self.passes(progress.tokens)} · {progress.tokens:,} tokens · {rate:,.0f} tokens/s · "
            f"loss {self.loss:.3f} · perplexity {perplexity}"
        )
        if self.log and progress.step % _LOG_STEPS == 0:
            rate = self.config.learning_rate_at(progress)
            self.log.write({"loss": self.loss, "learning_rate": rate}, progress.step)
        self.bar.update(self.task, completed=progress.fraction(self.config), text=text)

    def on_evaluation(self, row: dict[str, float]) -> None:
        """Leave a line, and write history and curves."""
        shown = {name: f"{value:,.4g}" for name, value in row.items() if name != "step"}
        if "perplexity" in row:
            shown["perplexity"] = shown_perplexity(row["perplexity"], row["unknown"])
        line = " · ".join(f"{name} {value}" for name, value in shown.items())
        say(f"step {row['step']:,}: {line}", quiet=self.quiet)
        self.write(self.history)
        if self.log:
            measures = {name: value for name, value in row.items() if name != "step"}
            self.log.write(measures, int(row["step"]))

    def passes(self, tokens: float) -> str:
        """How often the text was read, and how often it is at most."""
        most = self.config.max_tokens
        total = f" of {most / self.pass_tokens:.3g}" if most else ""
        return f"pass {tokens / self.pass_tokens:.3g}{total}"

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


def warn_if_seen(measures: RunMeasures, heldout: Path | None) -> None:
    """Say so if a held-out text is none."""
    if measures.overlap > _SEEN:
        warn(
            f"{measures.overlap:.1%} of the sentences of {heldout} are in the training text, too: "
            "its perplexity tells how well they are remembered. Take them out of one of the texts."
        )


def export(
    shown: PretrainProgress,
    model: ElmoLanguageModel,
    words: Sequence[str],
    progress: Progress,
    **facts: Any,
) -> None:
    """Write the preset of a run, and say of which evaluation it is and what to do with it."""
    place, best = shown.folder / "preset", progress.best
    seen = best.get("tokens", progress.tokens)
    facts |= {"tokens_seen": seen, "passes": seen / shown.pass_tokens}
    if best:
        facts["best"] = {name: best[name] for name in ("step", "perplexity", "unknown")}
    export_preset(model, place, vocabulary=words, overwrite=True, **facts)
    if best.get("step"):
        which = shown_perplexity(best["perplexity"], best["unknown"])
        say(
            f"{place} has the weights of step {best['step']:,}, whose perplexity is the lowest: "
            f"{which}",
            quiet=shown.quiet,
        )
        last = (progress.history or [{}])[-1].get("perplexity", math.nan)
        if last > _WORSE * best["perplexity"]:
            alarm(
                f"The perplexity rose again to {last:,.1f} until the end, after "
                f"{progress.tokens / shown.pass_tokens:.3g} passes over the text. Its last weights "
                "were left out."
            )
    use = command_line("train", "DATA", "--preset", place, "-o", "model/")
    say(f"Done. Use it: {use}", quiet=shown.quiet)
