"""The tables of what `defaults` measured: each setting beside the best one, and who chooses it."""

import math
from collections import defaultdict
from statistics import mean, stdev, variance

ONE_POINT = 1.0  # stands for the standard deviation where no run has a second seed
LEAST = 0.5  # points: two seeds that happen to agree are no proof of a small deviation


def report(rows, part="dev"):
    """Markdown of the table of settings and of what they are where each set is left out."""
    scores = collect(rows, part)
    relative = {cell: compared(of_cell) for cell, of_cell in scores.items()}
    settings = sorted({x for found in relative.values() for x in found}, key=total(relative))
    if not settings:
        return "no runs"
    lines = [*settings_table(settings, scores, relative), "", *left_out_table(settings, relative)]
    return "\n".join([*lines, "", *seconds_table(settings, rows)])


def collect(rows, part):
    """(set, size) → setting → a score in % of each seed; of cells that all settings have."""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["set"], row["size"]][row["setting"]].append(row[part])
    names = {row["setting"] for row in rows}
    return {cell: dict(x) for cell, x in found.items() if x.keys() == names}


def deviation(of_cell):
    """The standard deviation of a run of a cell, over its seeds, of all settings together."""
    found = [variance(x) for x in of_cell.values() if len(x) > 1]
    return max(math.sqrt(mean(found)), LEAST) if found else ONE_POINT


def compared(of_cell):
    """Setting → its mean less that of the cell's best one, in standard deviations."""
    means = {name: mean(x) for name, x in of_cell.items()}
    best, unit = max(means.values()), deviation(of_cell)
    return {name: (x - best) / unit for name, x in means.items()}


def total(relative, without=None):
    """Setting → minus its mean over the cells, those of one set left out."""
    used = [x for (name, _), x in relative.items() if name != without]
    return lambda setting: -mean(x[setting] for x in used)


def settings_table(settings, scores, relative):
    """Scores by set and size, the mean distance from the best first."""
    cells = list(scores)
    titles = ["setting", "mean distance, sd", *(f"{name}, {size}" for name, size in cells)]
    lines = [titles, ["---"] * len(titles)]
    for setting in settings:
        shown = [f"{mean(scores[cell][setting]):.2f}" for cell in cells]
        lines.append([setting, f"{-total(relative)(setting):.2f}", *shown])
    units = [f"{deviation(scores[cell]):.2f}" for cell in cells]
    lines.append(["*standard deviation*", "", *units])
    return table(lines)


def left_out_table(settings, relative):
    """What all other sets would choose for each, and how far that is from its best."""
    names = list(dict.fromkeys(name for name, _ in relative))
    lines = [["set left out", "the others choose", "distance from its best, sd"], ["---"] * 3]
    for name in names if len(names) > 1 else []:
        chosen = min(settings, key=total(relative, without=name))
        own = mean(x[chosen] for (other, _), x in relative.items() if other == name)
        lines.append([name, chosen, f"{own:.2f}"])
    return table(lines)


def sets_table(rows, part="test"):
    """Markdown of each set and size: mean ± standard deviation of each setting over its seeds."""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["set"], row["size"]][row["setting"]].append(row[part])
    settings = list(dict.fromkeys(row["setting"] for row in rows))
    lines = [["set", "sentences", *settings], ["---"] * (len(settings) + 2)]
    for (name, size), of_cell in found.items():
        lines.append([name, size, *(spread(of_cell.get(setting)) for setting in settings)])
    return "\n".join(table(lines))


def spread(scores):
    if not scores:
        return "–"
    return f"{mean(scores):.2f}" + (f" ± {stdev(scores):.2f}" if len(scores) > 1 else "")


def seconds_table(settings, rows):
    """Seconds of a training by setting and size."""
    sizes = list(dict.fromkeys(row["size"] for row in rows))
    lines = [["seconds of a training", *sizes], ["---"] * (len(sizes) + 1)]
    for setting in settings:
        own = [[r["training_seconds"] for r in rows if key(r) == (setting, x)] for x in sizes]
        lines.append([setting, *(f"{mean(x):.0f}" if x else "–" for x in own)])
    return table(lines)


def key(row):
    return row["setting"], row["size"]


def table(lines):
    return [f"| {' | '.join(line)} |" for line in lines]
