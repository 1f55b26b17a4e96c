"""How a search went and what mattered in it, as pictures by matplotlib (extra `plots`)."""

from collections.abc import Mapping, Sequence
from os import PathLike

from keras_elmo.reports.plots import new_figure, save_figure
from keras_elmo.search.ledger import TrialRow
from keras_elmo.search.trial import COMPLETE, PRUNED


def plot_search_history(trials: Sequence[TrialRow], path: str | PathLike[str]) -> None:
    """Draw the score of each trial, and the best one so far.

    Args:
        trials: in their order; those that failed have no score and are left out.
        path: a `.png` file.

    Raises:
        PlotsMissingError: matplotlib is not installed.
    """
    figure = new_figure(6.4, 4.0)
    axes = figure.add_subplot()
    for state, marker, color in ((COMPLETE, "o", "tab:blue"), (PRUNED, "x", "tab:gray")):
        points = [(row.number, row.score) for row in trials if row.state == state]
        points = [point for point in points if point[1] is not None]
        if points:
            numbers, scores = zip(*points, strict=True)
            axes.scatter(numbers, scores, marker=marker, color=color, label=state, s=28)
    best, numbers, scores = None, [], []
    for row in trials:
        if row.state == COMPLETE and row.score is not None:
            best = row.score if best is None else max(best, row.score)
        if best is not None:
            numbers.append(row.number)
            scores.append(best)
    axes.step(numbers, scores, where="post", color="tab:orange", label="best so far")
    axes.set(xlabel="trial", ylabel="score on the development set", title="Search history")
    axes.locator_params(axis="x", integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    save_figure(figure, path)


def plot_importance(importance: Mapping[str, float], path: str | PathLike[str]) -> None:
    """Draw each parameter's share of what makes a trial good.

    Args:
        importance: parameter → share, the greatest first.
        path: a `.png` file.

    Raises:
        PlotsMissingError: matplotlib is not installed.
    """
    figure = new_figure(6.4, 1.2 + 0.36 * len(importance))
    axes = figure.add_subplot()
    names = list(importance)[::-1]  # a bar chart begins below
    bars = axes.barh(names, [importance[name] for name in names], color="tab:blue")
    axes.bar_label(bars, fmt="{:.0%}", padding=3)
    axes.margins(x=0.12)
    axes.set(xlabel="share of what makes a trial good", title="Importance of the parameters")
    axes.xaxis.set_major_formatter("{x:.0%}")
    save_figure(figure, path)
