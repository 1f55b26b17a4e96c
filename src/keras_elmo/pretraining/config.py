"""The settings of a pre-training, and its progress."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from keras_elmo._values import SEED, Optimizer, Softmax, check_one_of
from keras_elmo.files.json_files import read_object

OPTIMIZERS, SOFTMAXES = get_args(Optimizer), get_args(Softmax)
# What may change when a run goes on: the budget, the rates, and how often it is looked at.
_FREE = (
    "max_tokens",
    "max_seconds",
    "learning_rate",
    "warmup_steps",
    "clip_norm",
    "checkpoint_seconds",
    "evaluation_seconds",
    "evaluation_tokens",
)
_WARMUP_SHARE = 0.1  # of the budget, at most


@dataclass(frozen=True)
class PretrainingConfig:
    """How to train.

    The learning rate rises linearly over `warmup_steps`, but at most a tenth of the budget, to
    `learning_rate`, then falls along a cosine to a hundredth of it at the end of the budget.
    Adagrad, whose steps shrink by themselves, keeps it constant after the warm-up.

    Attributes:
        vocabulary_size: words of the softmax.
        softmax: `"sampled"` as in the original, or `"adaptive"`, which samples nothing and has
            fewer parameters for rare words.
        num_samples: words of the sampled softmax.
        tokens_per_batch: predictions per direction and step, about.
        unroll: None trains on whole sentences from zero state, as ELMo is used; a number on windows
            of so many words of contiguous text with a carried state, as bilm-tf does (20).
        optimizer: `"adamw"`, or `"adagrad"` with which the published ELMos were trained.
        learning_rate: the highest learning rate; 1e-3 suits AdamW, 0.2 Adagrad.
        weight_decay: weight decay of AdamW.
        clip_norm: bound on the norm of all gradients together.
        max_tokens: budget in tokens; None for none.
        max_seconds: budget in seconds of training, over all resumed runs; None for none.
        checkpoint_seconds: time between checkpoints.
        evaluation_seconds: time between evaluations.
        evaluation_tokens: tokens between evaluations, if that is sooner; None for none.

    Raises:
        ValueError: no such optimizer or softmax.
    """

    vocabulary_size: int = 50_000
    softmax: str = "sampled"
    num_samples: int = 2048
    tokens_per_batch: int = 2560
    unroll: int | None = None
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    warmup_steps: int = 500
    clip_norm: float = 1.0
    max_tokens: int | None = None
    max_seconds: float | None = None
    checkpoint_seconds: float = 240.0
    evaluation_seconds: float = 600.0
    evaluation_tokens: int | None = None
    seed: int = SEED

    def __post_init__(self):
        check_one_of("optimizer", self.optimizer, OPTIMIZERS)
        check_one_of("softmax", self.softmax, SOFTMAXES)

    @property
    def rows(self) -> int | None:
        """Rows of a batch of windows; None for whole sentences."""
        return self.unroll and max(1, self.tokens_per_batch // self.unroll)

    @property
    def cutoffs(self) -> list[int] | None:
        """Where the clusters of an adaptive softmax begin; None for a sampled one."""
        size = self.vocabulary_size
        return [max(1, size // 25), max(2, size // 5)] if self.softmax == "adaptive" else None

    def learning_rate_at(self, progress: "Progress") -> float:
        """Linear warm-up, then (for AdamW) a cosine over the budget down to a hundredth."""
        spent = progress.fraction(self)
        warmup = min(1.0, max((progress.step + 1) / self.warmup_steps, spent / _WARMUP_SHARE))
        cosine = 0.5 * (1.0 + math.cos(math.pi * spent))
        decay = 0.01 + 0.99 * cosine if self.optimizer == "adamw" else 1.0
        return self.learning_rate * warmup * decay

    def changes(self, other: dict[str, Any]) -> list[str]:
        """The settings that a resumed run changes but may not: `name old → new` each."""
        mine = asdict(self)
        fixed = [name for name in mine if name not in _FREE]
        return [f"{n} {other[n]} → {mine[n]}" for n in fixed if n in other and other[n] != mine[n]]


@dataclass
class Progress:
    """The progress of a run; saved with every checkpoint.

    `best` is the row of `history` with the lowest perplexity of a held-out text; empty without one.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)

    def fraction(self, config: PretrainingConfig) -> float:
        """Share of the budget used, 0 to 1: of the tokens or the time, whichever is further."""
        shares = [0.0]
        if config.max_tokens:
            shares.append(self.tokens / config.max_tokens)
        if config.max_seconds:
            shares.append(self.seconds / config.max_seconds)
        return min(1.0, max(shares))


def check_state(path: Path) -> dict[str, Any]:
    """Read the state of a run from its checkpoint: `progress`, `config` and `corpus`.

    Raises:
        ValueError: the file is damaged.
    """
    state = read_object(path)
    progress = state.get("progress")
    if not (
        isinstance(progress, dict)
        and progress.keys() <= asdict(Progress()).keys()
        and all(
            type(progress.get(name, 0)) in (int, float) and 0 <= progress.get(name, 0) < 2**53
            for name in ("step", "tokens", "seconds")
        )
        and isinstance(progress.get("history", []), list)
        and isinstance(progress.get("best", {}), dict)
        and isinstance(state.get("config"), dict)
        and isinstance(state.get("corpus"), str)
    ):
        raise ValueError(
            f"{path}: must say where a run stands. Received: {state!r:.200}. Bring back a copy of "
            "it, or begin a new run in another folder."
        )
    return state
