"""The pre-training loop: batches in, a checkpointed language model out."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.layers.memory import give_back_memory
from keras_elmo.pretraining.batches import BatchMaker, TypeCharacters, batch_plan
from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.checkpoint import (
    best_row,
    drop_best,
    load_best,
    load_checkpoint,
    save_best,
    save_checkpoint,
)
from keras_elmo.pretraining.config import PretrainingConfig, Progress
from keras_elmo.pretraining.corpus import Corpus
from keras_elmo.pretraining.optimizers import LoggingAdagrad, LoggingAdam
from keras_elmo.pretraining.streams import stream_windows
from keras_elmo.pretraining.tracing import trace_for_any_shape

_MEMORY_SECONDS = 60.0


def pretrain(
    corpus: Corpus,
    model: dict[str, Any] | ElmoLanguageModel,
    config: PretrainingConfig,
    folder: str | Path,
    *,
    resume: bool = False,
    evaluate: Callable[[ElmoLanguageModel], dict[str, float]] = lambda model: {},
    on_step: Callable[[Progress, float], None] = lambda progress, loss: None,
    on_evaluation: Callable[[dict[str, float]], None] = lambda row: None,
) -> tuple[ElmoLanguageModel, Progress]:
    """Train a character-input biLM on `corpus`, with checkpoints in `folder`.

    Where `evaluate` measures a `perplexity`, the weights of the lowest one are kept in `best/`, and
    the model that is returned has them. A resumed run trains on from the last ones all the same.

    Training is deterministic in (`config.seed`, step), so a resumed run sees the batches that an
    uninterrupted one would have seen. Ctrl-C writes a checkpoint before it goes on its way.

    Args:
        corpus: the text to train on.
        model: the beginning of a new run: arguments of `ElmoBackbone`, or a language model to go on
            with, whose softmax has the `config.vocabulary_size` first types of `corpus`. A resumed
            run brings its own.
        config: the budget and all rates.
        folder: the folder of `checkpoint/`.
        resume: whether to continue from the checkpoint in `folder` where there is one.
        evaluate: measures the model at every evaluation; the result becomes a row of the history.
        on_step, on_evaluation: called for progress.

    Returns:
        The trained language model, in float32 and without a carried state, and where the run
        stands. `Progress.best` says of which evaluation the weights are; empty: the last ones.

    Raises:
        ValueError: a resumed run has another corpus or other settings than it began with.
        FloatingPointError: the loss is no number any more; the last checkpoint is kept.
    """
    folder = Path(folder)
    found = load_checkpoint(folder) if resume else None
    if found:
        _check_same_run(found[1], corpus, config)
        trained, progress = found[0], Progress(**found[1]["progress"])
        progress.best = best_row(folder)
        trained.optimizer.global_clipnorm = config.clip_norm
    else:
        trained, progress = new_language_model(model, config), Progress()
        drop_best(folder)
    # XLA compiles anew for every length of a sentence; but JAX without it is far slower still.
    # Set here, since a checkpoint may have been written on another backend.
    trained.jit_compile = keras.config.backend() == "jax"
    loop = _Loop(trained, progress, config, folder, corpus)
    characters = TypeCharacters.of_model(corpus.types, trained.backbone)
    sampler = None
    if not trained.cutoffs:
        sampler = LogUniformSampler(config.vocabulary_size, config.num_samples)
    maker = BatchMaker(characters, config.vocabulary_size, sampler, trained.cutoffs)
    trace_for_any_shape(trained, maker, config)
    try:
        for batch in _batches(corpus, trained, maker, config, progress.step):
            if progress.fraction(config) >= 1.0:
                break
            on_step(progress, loop.step(batch))
            if loop.evaluation_due():
                on_evaluation(loop.evaluate(evaluate))
            if loop.due("checkpoint", config.checkpoint_seconds):
                loop.save()
            if loop.due("memory", _MEMORY_SECONDS):
                give_back_memory()
        if loop.losses:
            on_evaluation(loop.evaluate(evaluate))
    except FloatingPointError:
        raise  # the model is lost: the last checkpoint must not be
    except BaseException:
        loop.save()
        raise
    loop.save()
    return loop.best_model(), progress


def new_language_model(
    model: dict[str, Any] | ElmoLanguageModel, config: PretrainingConfig
) -> ElmoLanguageModel:
    """A compiled language model to begin a run with: see `pretrain` for the arguments."""
    keras.utils.set_random_seed(config.seed)
    if isinstance(model, dict):
        model = ElmoLanguageModel(ElmoBackbone(**model), config.vocabulary_size, config.cutoffs)
    if config.rows:
        model = model.rebuilt(stateful=True, batch_size=config.rows)
    if config.optimizer == "adagrad":
        # The original's: https://github.com/allenai/bilm-tf starts its accumulators at 1.
        optimizer = LoggingAdagrad(
            config.learning_rate, initial_accumulator_value=1.0, global_clipnorm=config.clip_norm
        )
    else:
        decay = config.weight_decay or None
        optimizer = LoggingAdam(
            config.learning_rate, weight_decay=decay, global_clipnorm=config.clip_norm
        )
    model.compile(optimizer=optimizer)
    return model


class _Loop:
    """One run's state and its clock."""

    def __init__(self, model, progress, config: PretrainingConfig, folder: Path, corpus: Corpus):
        self.model, self.progress, self.config, self.folder = model, progress, config, folder
        self.corpus = corpus
        now = time.monotonic()
        self._last: dict[str, float] = dict.fromkeys(("evaluation", "checkpoint", "memory"), now)
        self.losses: list[float] = []  # since the last evaluation
        self._twin: ElmoLanguageModel | None = None

    def step(self, batch: dict[str, np.ndarray]) -> float:
        start = time.monotonic()
        progress = self.progress
        self.model.optimizer.learning_rate = self.config.learning_rate_at(progress)
        loss = float(self.model.train_on_batch(batch))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"The loss became {loss} at step {progress.step}. The last checkpoint is from "
                "before it. Lower `learning_rate` or `clip_norm`, then resume."
            )
        progress.step += 1
        progress.tokens += batch["targets"][0].size
        progress.seconds += time.monotonic() - start
        self.losses.append(loss)
        return loss

    def due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._last[what] < seconds:
            return False
        self._last[what] = now
        return True

    def evaluation_due(self) -> bool:
        history, tokens = self.progress.history, self.config.evaluation_tokens
        since = self.progress.tokens - (history[-1]["tokens"] if history else 0)
        return self.due("evaluation", self.config.evaluation_seconds) or bool(
            tokens and since >= tokens
        )

    def evaluate(self, measure) -> dict[str, float]:
        progress, plain = self.progress, self.plain_model()
        row = {"step": progress.step, "tokens": progress.tokens, "seconds": progress.seconds}
        row["passes"] = progress.tokens / self.corpus.tokens_per_pass
        row["train_loss"] = float(np.mean(self.losses))
        row |= measure(plain) | self.model.optimizer.gradient_norms()
        self.losses.clear()
        progress.history.append(row)
        if row.get("perplexity", math.inf) < progress.best.get("perplexity", math.inf):
            save_best(self.folder, plain, row)
            progress.best = row
        return row

    def plain_model(self) -> ElmoLanguageModel:
        """The model as it is used: float32, every sentence from zero state. Maybe a copy."""
        backbone = self.model.backbone
        if not backbone.config.stateful and backbone.bilm.compute_dtype == "float32":
            return self.model
        twin = self._twin
        if twin is None:
            twin = self.model.rebuilt(stateful=False, batch_size=None, dtype="float32")
        twin.set_weights(self.model.get_weights())
        self._twin = twin
        return twin

    def best_model(self) -> ElmoLanguageModel:
        """The plain model with the weights of the best evaluation, or the last ones without one."""
        plain = self.plain_model()
        if self.progress.best and self.progress.best["step"] != self.progress.step:
            load_best(self.folder, plain)
        return plain

    def save(self) -> None:
        state = {
            "progress": asdict(self.progress),
            "config": asdict(self.config),
            "corpus": self.corpus.fingerprint,
        }
        save_checkpoint(self.folder, self.model, state)


def _check_same_run(state: dict[str, Any], corpus: Corpus, config: PretrainingConfig) -> None:
    changes = config.changes(state["config"])
    if state["corpus"] != corpus.fingerprint:
        changes.append("the text files, or what is in them")
    if changes:
        raise ValueError(
            "A resumed run goes on with the text and the settings it began with, or its result "
            f"could not be repeated. Received: {', '.join(changes)}. Give those it began with, or "
            "start a new run in another folder."
        )


def _batches(
    corpus: Corpus,
    model: ElmoLanguageModel,
    maker: BatchMaker,
    config: PretrainingConfig,
    first_step: int,
) -> Iterator[dict[str, np.ndarray]]:
    """Every batch from step `first_step` on, the same whether a run was interrupted or not."""
    step, epoch = 0, 0
    while True:
        order = np.random.default_rng([config.seed, epoch])
        if config.rows and config.unroll:
            items: Iterator[Any] = stream_windows(corpus, config.rows, config.unroll, order)
        else:
            items = iter(batch_plan(corpus, config.tokens_per_batch, order))
        for i, item in enumerate(items):
            random = np.random.default_rng([config.seed, epoch, step])
            step += 1
            if step <= first_step:
                continue
            if config.rows:
                if i == 0:
                    model.backbone.reset_state()  # the text was cut elsewhere
                read, predicted = item
                yield maker.of_types(read, predicted, random)
            else:
                yield maker.of_sentences(corpus, item, random)
        epoch += 1
