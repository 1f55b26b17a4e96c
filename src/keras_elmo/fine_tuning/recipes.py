"""Recipes: all settings of a fine-tuning under one name."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from keras_elmo.fine_tuning.groups import CLIP_NORM, DECAY, ELMO_LEARNING_RATE

if TYPE_CHECKING:  # a recipe is named and checked before Keras is there
    from keras_elmo.fine_tuning.schedules import Rate
    from keras_elmo.fine_tuning.unfreezing import Stage


@dataclass(frozen=True)
class Recipe:
    """How a task is trained.

    A rate is a number or one of Keras's schedules, over all batches of the training.

    Attributes:
        unfreezing: when which layers train, see
            [`unfreezing_plan`][keras_elmo.fine_tuning.unfreezing.unfreezing_plan].
        learning_rate: rate of the head, mixes and word vectors; None is the task's own.
        elmo_learning_rate: rate of ELMo's top layer.
        elmo_rate_decay: the rate of each layer below is that of the one above it times this.
        rates: group → rate, instead of what follows from these.
        schedule: `"constant"`, `"slanted_triangular"` or `"warmup_cosine"`, over all batches.
        weight_decay: as of AdamW, for all groups or by group (0 for those not named).
        l2_sp: strength of the pull towards the pretrained ELMo, of all its groups or by group.
        mix_l2: strength of the pull of the learned mix towards equal shares.
        clip_norm: bound on the norm of all gradients together.
        accumulate: batches whose gradients are averaged before a step.
        keep: share of ELMo's way from its pretrained weights that is kept after training.
    """

    unfreezing: "str | Sequence[Stage]" = "frozen"
    learning_rate: "Rate | None" = None
    elmo_learning_rate: "Rate" = ELMO_LEARNING_RATE
    elmo_rate_decay: float = DECAY
    rates: "Mapping[str, Rate]" = field(default_factory=dict)
    schedule: str = "constant"
    weight_decay: float | Mapping[str, float] = 0.0
    l2_sp: float | Mapping[str, float] = 0.0
    mix_l2: float = 0.0
    clip_norm: float | None = CLIP_NORM
    accumulate: int | None = None
    keep: float = 1.0

    def get_config(self) -> dict[str, Any]:
        """All settings, as Keras can serialize them."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The recipe that `get_config` describes."""
        from keras_elmo.fine_tuning.unfreezing import Stage

        plan = config["unfreezing"]
        stages = plan if isinstance(plan, str) else [Stage(**stage) for stage in plan]
        return cls(**{**config, "unfreezing": stages})


RECIPES = {
    "frozen": Recipe(),
    "slight": Recipe(unfreezing="head_first", elmo_learning_rate=5e-5, l2_sp=0.01),
    "full": Recipe(unfreezing="all", schedule="slanted_triangular", elmo_learning_rate=1e-3),
}


def get_recipe(recipe: str | Recipe) -> Recipe:
    """A recipe by name, or as it is.

    Raises:
        ValueError: no such name.
    """
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        names = ", ".join(map(repr, RECIPES))
        raise ValueError(f"`recipe` must be one of {names}, or a Recipe. Received: {recipe!r}")
    return RECIPES[recipe]
