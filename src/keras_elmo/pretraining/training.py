"""The pre-training loop: batches in, a checkpointed language model out."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.batches import TypeCharacters, batch_plan, make_batch
from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.checkpoint import load_checkpoint, save_checkpoint
from keras_elmo.pretraining.corpus import Corpus


@dataclass(frozen=True)
class PretrainingConfig:
    """How to train.

    The learning rate rises linearly over `warmup_steps` to `learning_rate`, then falls along a
    cosine to a hundredth of it at the end of the budget.

    Attributes:
        vocabulary_size: words of the softmax.
        num_samples: words of the sampled softmax.
        tokens_per_batch: predictions per direction and step, about.
        max_tokens: budget in tokens; None for none.
        max_seconds: budget in seconds of training, over all resumed runs; None for none.
        checkpoint_seconds: time between checkpoints.
        evaluation_seconds: time between evaluations.
        clip_norm: bound on the norm of all gradients together.
    """

    vocabulary_size: int = 50_000
    num_samples: int = 2048
    tokens_per_batch: int = 2560
    learning_rate: float = 1e-3
    warmup_steps: int = 500
    clip_norm: float = 1.0
    max_tokens: int | None = None
    max_seconds: float | None = None
    checkpoint_seconds: float = 240.0
    evaluation_seconds: float = 600.0
    seed: int = 13


@dataclass
class Progress:
    """Where a run stands; saved with every checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    def fraction(self, config: PretrainingConfig) -> float:
        """Share of the budget used, 0 to 1: of the tokens or the time, whichever is further."""
        shares = [0.0]
        if config.max_tokens:
            shares.append(self.tokens / config.max_tokens)
        if config.max_seconds:
            shares.append(self.seconds / config.max_seconds)
        return min(1.0, max(shares))


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

    Training is deterministic in (`config.seed`, step), so a resumed run sees the batches that an
    uninterrupted one would have seen. Ctrl-C writes a checkpoint before it goes on its way.

    Args:
        corpus: what to train on.
        model: what a new run begins with: arguments of `ElmoBackbone`, or a language model to go on
            with, whose softmax has the `config.vocabulary_size` first types of `corpus`. A resumed
            run brings its own.
        config: the budget and all rates.
        folder: where `checkpoint/` is kept.
        resume: continue from the checkpoint in `folder` where there is one.
        evaluate: measures the model at every evaluation; the result becomes a row of the history.
        on_step, on_evaluation: called for progress.

    Returns:
        The trained language model and where the run stands.
    """
    folder = Path(folder)
    found = load_checkpoint(folder) if resume else None
    if found:
        model, progress = found[0], Progress(**found[1]["progress"])
    else:
        model, progress = _new_model(model, config), Progress()
    # XLA compiles anew for every length of a sentence; but JAX without it is far slower still.
    # Set here, since a checkpoint may have been written on another backend.
    model.jit_compile = keras.config.backend() == "jax"
    loop = _Loop(model, progress, config, folder)
    characters = TypeCharacters.of_model(corpus.types, model.backbone)
    try:
        for batch in _batches(corpus, characters, config, progress.step):
            if progress.fraction(config) >= 1.0:
                break
            on_step(progress, loop.step(batch))
            if loop.due("evaluation", config.evaluation_seconds):
                on_evaluation(loop.evaluate(evaluate))
            if loop.due("checkpoint", config.checkpoint_seconds):
                loop.save()
        if loop.has_news:
            on_evaluation(loop.evaluate(evaluate))
    except FloatingPointError:
        raise  # the model is lost: the last checkpoint must not be
    except BaseException:
        loop.save()
        raise
    loop.save()
    return model, progress


class _Loop:
    """One run's state and its clock."""

    def __init__(self, model, progress: Progress, config: PretrainingConfig, folder: Path):
        self.model, self.progress, self.config, self.folder = model, progress, config, folder
        now = time.monotonic()
        self._last: dict[str, float] = {"evaluation": now, "checkpoint": now}
        self._losses: list[float] = []

    def step(self, batch: dict[str, np.ndarray]) -> float:
        start = time.monotonic()
        progress = self.progress
        self.model.optimizer.learning_rate = learning_rate(progress, self.config)
        loss = float(self.model.train_on_batch(batch))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"The loss became {loss} at step {progress.step}. The last checkpoint is from "
                "before it. Lower `learning_rate` or `clip_norm`, then resume."
            )
        progress.step += 1
        progress.tokens += batch["targets"][0].size
        progress.seconds += time.monotonic() - start
        self._losses.append(loss)
        return loss

    @property
    def has_news(self) -> bool:
        """Whether steps were made since the last evaluation."""
        return bool(self._losses)

    def due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._last[what] < seconds:
            return False
        self._last[what] = now
        return True

    def evaluate(self, measure) -> dict[str, float]:
        progress = self.progress
        row = {"step": progress.step, "tokens": progress.tokens, "seconds": progress.seconds}
        row["train_loss"] = float(np.mean(self._losses))
        row |= measure(self.model)
        self._losses.clear()
        progress.history.append(row)
        return row

    def save(self) -> None:
        state = {"progress": asdict(self.progress), "config": asdict(self.config)}
        save_checkpoint(self.folder, self.model, state)


def learning_rate(progress: Progress, config: PretrainingConfig) -> float:
    """Linear warm-up, then a cosine over the budget down to a hundredth."""
    warmup = min(1.0, (progress.step + 1) / config.warmup_steps)
    cosine = 0.5 * (1.0 + math.cos(math.pi * progress.fraction(config)))
    return config.learning_rate * warmup * (0.01 + 0.99 * cosine)


def _new_model(
    model: dict[str, Any] | ElmoLanguageModel, config: PretrainingConfig
) -> ElmoLanguageModel:
    keras.utils.set_random_seed(config.seed)
    if isinstance(model, dict):
        model = ElmoLanguageModel(ElmoBackbone(**model), config.vocabulary_size)
    optimizer = keras.optimizers.Adam(config.learning_rate, global_clipnorm=config.clip_norm)
    model.compile(optimizer=optimizer)
    return model


def _batches(
    corpus: Corpus, characters: TypeCharacters, config: PretrainingConfig, first_step: int
) -> Iterator[dict[str, np.ndarray]]:
    sampler = LogUniformSampler(config.vocabulary_size, config.num_samples)
    step, epoch = 0, 0
    while True:
        order = np.random.default_rng([config.seed, epoch])
        for sentences in batch_plan(corpus, config.tokens_per_batch, order):
            if step >= first_step:
                random = np.random.default_rng([config.seed, epoch, step])
                yield make_batch(
                    corpus, sentences, characters, config.vocabulary_size, sampler, random
                )
            step += 1
        epoch += 1
