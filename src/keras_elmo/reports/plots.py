"""Pictures in `.png` files, by matplotlib (extra `plots`).

Without it each function raises `PlotsMissingError`.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.files.new_file import new_file

# Columns of a history that say when, not how well.
_CLOCKS = ("epoch", "step", "tokens", "passes", "seconds")


class PlotsMissingError(ImportError):
    """matplotlib is not installed."""


def plot_learning_curves(
    history: Sequence[Mapping[str, float]],
    path: str | PathLike[str],
    *,
    x: str = "epoch",
    best: tuple[str, int] | None = None,
) -> None:
    """Draw each measure of a history, training and development set in one panel.

    Args:
        history: rows such as `{"epoch": 1, "loss": 0.5, "val_loss": 0.6}`.
        x: the column of the horizontal axis.
        best: the column that chose the epoch whose weights are kept, and its number: a line.
    """
    names = dict.fromkeys(name for row in history for name in row if name not in _CLOCKS)
    measures = list(dict.fromkeys(name.removeprefix("val_") for name in names)) or ["loss"]
    columns = min(3, len(measures))
    rows = -(-len(measures) // columns)
    figure = new_figure(4.2 * columns, 3.2 * rows)
    with needs_extra("plots", "pictures need matplotlib", PlotsMissingError):
        from matplotlib.ticker import EngFormatter
    for i, measure in enumerate(measures):
        axes = figure.add_subplot(rows, columns, i + 1)
        parts = (measure, "training", "tab:blue"), (f"val_{measure}", "development", "tab:orange")
        for name, label, color in parts:
            points = [(row[x], row[name]) for row in history if name in row]
            if points:
                x_y = zip(*points, strict=True)
                axes.plot(*x_y, marker="o", markersize=3, label=label, color=color)
        axes.set(title=measure, xlabel=x)
        if best:
            axes.axvline(best[1], color="0.5", ls="--", zorder=0, label=f"epoch {best[1]} kept")
        if best and best[0] == f"val_{measure}":
            axes.set_title(f"{measure}: the best is epoch {best[1]}", fontweight="bold")
        axes.locator_params(axis="x", integer=True)  # there is no epoch 1.5
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))  # 20M, not 2 and far away 1e7
        axes.grid(alpha=0.3)
        if best or f"val_{measure}" in names:
            axes.legend()
    save_figure(figure, path)


def plot_confusion_matrix(
    matrix: Sequence[Sequence[int]] | np.ndarray, labels: Sequence[str], path: str | PathLike[str]
) -> None:
    """Draw counts, shaded by their share of the row.

    Args:
        matrix: integers `(K, K)`: a row is a gold class, a column a predicted one.
        labels: the `K` classes.
    """
    counts = np.asarray(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = min(14.0, 2.8 + 0.6 * len(labels))
    figure = new_figure(size, size)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    ticks = range(len(labels))
    axes.set_xticks(ticks, labels, rotation=45, ha="right")
    axes.set_yticks(ticks, labels)
    axes.set(xlabel="predicted", ylabel="gold")
    if len(labels) <= 20:  # more would not be legible
        for (i, j), count in np.ndenumerate(counts):
            color = "white" if shares[i, j] > 0.5 else "black"
            axes.text(j, i, str(count), ha="center", va="center", color=color)
    save_figure(figure, path)


def plot_rate_searches(searches: Sequence[Any], path: str | PathLike[str]) -> None:
    """Draw the losses of `RateSearch` objects over their learning rates, a panel each."""
    figure = new_figure(4.6 * len(searches), 3.4)
    for i, found in enumerate(searches):
        axes = figure.add_subplot(1, len(searches), i + 1)
        axes.plot(found.rates, found.losses, ".", color="0.7", label="of each batch")
        axes.plot(found.rates, found.smoothed, label="smoothed")
        axes.axvline(found.fallen, color="tab:red", ls="--", label="4/5 of the fall")
        axes.axvline(found.suggested, color="tab:green", label="suggested")
        low, high = min(found.smoothed), found.smoothed[0]
        room = max(high - low, 0.05)
        axes.set(
            title=f"{found.part}: {found.suggested:.1e}",
            xlabel="learning rate",
            ylabel="loss",
            xscale="log",
            ylim=(low - 0.5 * room, high + 2.0 * room),
        )
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left", fontsize="x-small")
    save_figure(figure, path)


def new_figure(width: float, height: float) -> Any:
    """An empty figure, in inches.

    Raises:
        PlotsMissingError: matplotlib is not installed.
    """
    with needs_extra("plots", "pictures need matplotlib", PlotsMissingError):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)  # needs no display, and leaves the user's own backend alone
    return figure


def save_figure(figure: Any, path: str | PathLike[str]) -> None:
    """Write a figure as a picture, replacing an older one."""
    with new_file(path, overwrite=True) as unfinished:
        figure.savefig(unfinished)
