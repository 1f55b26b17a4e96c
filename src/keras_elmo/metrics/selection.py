"""By which measure of the development set one epoch, or one trial, is better than another."""

from collections.abc import Mapping
from dataclasses import dataclass

_LOWER_IS_BETTER = ("loss", "mae", "rmse", "token_error_rate")


@dataclass(frozen=True)
class Selection:
    """The measure that chooses.

    Attributes:
        metric: its name, such as `"macro_f1"`.

    Example:
        >>> Selection("rmse").score({"val_rmse": 0.5, "val_loss": 0.2})
        (-0.5, -0.2)
    """

    metric: str

    @property
    def column(self) -> str:
        """Its name in a history: `val_` stands for the development set."""
        return f"val_{self.metric}"

    def score(self, row: Mapping[str, float]) -> tuple[float, float]:
        """What is higher for the better epoch: the measure, and of equals the lower loss.

        Args:
            row: of a history.
        """
        return self._turned(row[self.column]), -row["val_loss"]

    def value(self, score: float) -> float:
        """The measure behind the first number of `score`."""
        return self._turned(score)

    def _turned(self, number: float) -> float:
        return -number if self.metric in _LOWER_IS_BETTER else number
