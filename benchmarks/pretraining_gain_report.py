"""Tables and a picture of what `pretraining_gain` measured."""

import math
from collections import defaultdict
from statistics import mean, stdev

UNTRAINED = "untrained"

# The best model without any pre-training for each split, all chosen on the development set: of
# TF-IDF (words and characters) with logistic regression, NB-SVM, fastText and a random-embedding
# BiLSTM; for tags of CRFsuite (words, affixes, shapes, neighbours) and spaCy's CNN.
BASELINES = {
    "fpb-50agree": (81.0, "TF-IDF + LR"),
    "fpb-allagree": (89.3, "NB-SVM"),
    "movie-reviews-rt": (78.5, "NB-SVM"),
    "sst2": (83.6, "TF-IDF + LR"),
    "snips-intent": (98.0, "TF-IDF + LR"),
    "wikigold": (73.35, "CRFsuite"),
    "wnut17": (18.06, "spaCy CNN"),
    "conll2000": (91.87, "CRFsuite"),
    "snips-slots": (93.90, "CRFsuite"),
    "ud-ewt": (93.88, "CRFsuite"),
}
FEW_LABELS = 0.3
_TICKS = (1, 3, 10, 30, 100)


def report(rows, picture=None):
    """Markdown of all tables; draws the learning curves if `picture` is a path."""
    scores = collect(rows)
    parts = [gain_table(scores), macro_table(rows), curve_table(scores), labels_table(scores)]
    if picture:
        draw(scores, picture)
    return "\n\n".join(part for part in [*parts, seconds_table(rows)] if part)


def collect(rows, field="score"):
    """{(set, elmo, fraction): [one number a seed]} of the rows that have the field."""
    found = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["seed"]):
        if field in row:
            found[row["set"], row["elmo"], row["fraction"]].append(row[field])
    return dict(found)


def error_reduction(before, after):
    """Relative error reduction in % of two scores in %."""
    return 100 * (after - before) / (100 - before)


def spread(values):
    """Mean ± standard deviation of a sample; a dash without values."""
    if not values:
        return "–"
    return f"{mean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def gain_table(scores):
    """All labels: each ELMo, the best baseline, the error that pre-training takes away."""
    presets = _presets(scores)
    titles = ["set", UNTRAINED, *presets, "best baseline"]
    lines, reductions = [], {preset: [] for preset in presets}
    for name in _sets(scores):
        before = scores.get((name, UNTRAINED, 1.0))
        baseline, model = BASELINES.get(name, (math.nan, "–"))
        line = [name, spread(before)]
        line += [spread(scores.get((name, preset, 1.0))) for preset in presets]
        line.append(f"{baseline} ({model})")
        for preset in presets:
            after = scores.get((name, preset, 1.0))
            if before and after:
                reductions[preset].append(error_reduction(mean(before), mean(after)))
            line.append(f"{reductions[preset][-1]:.1f} %" if before and after else "–")
        lines.append(line)
    averages = [f"**{mean(found):.1f} %**" if found else "–" for found in reductions.values()]
    lines.append(["**average**", *[""] * (len(presets) + 2), *averages])
    return _table([*titles, *(f"error reduction, {preset}" for preset in presets)], lines)


def macro_table(rows):
    """Macro-F1 of the classification sets, all labels."""
    scores = collect(rows, "macro_f1")
    elmos = [UNTRAINED, *_presets(scores)]
    lines = [
        [name, *(spread(scores.get((name, elmo, 1.0))) for elmo in elmos)] for name in _sets(scores)
    ]
    return lines and _table(["macro-F1", *elmos], lines)


def curve_table(scores):
    """Every set and ELMo against the share of the labels, where there is more than one."""
    shares = sorted({share for _, _, share in scores})
    shown = {(name, elmo) for name, elmo, share in scores if share < 1.0}
    lines = [
        [name, elmo, *(spread(scores.get((name, elmo, share))) for share in shares)]
        for name in _sets(scores)
        for elmo in (UNTRAINED, *_presets(scores))
        if (name, elmo) in shown
    ]
    return lines and _table(
        ["set", "ELMo", *(f"{100 * share:g} % of the labels" for share in shares)], lines
    )


def labels_table(scores):
    """Few labels with pre-training against all of them without."""
    presets = [preset for preset in _presets(scores) if (preset, FEW_LABELS) in _runs(scores)]
    lines, wins = [], dict.fromkeys(presets, 0)
    for name in _sets(scores):
        all_labels = scores.get((name, UNTRAINED, 1.0))
        few = {preset: scores.get((name, preset, FEW_LABELS)) for preset in presets}
        if all_labels and any(few.values()):
            lines.append([name, spread(all_labels), *map(spread, few.values())])
            for preset, values in few.items():
                wins[preset] += bool(values) and mean(values) >= mean(all_labels)
    if not lines:
        return ""
    lines.append(["**as good**", "", *(f"{count} of {len(lines)}" for count in wins.values())])
    share = f"{100 * FEW_LABELS:.0f} %"
    return _table(
        ["set", f"{UNTRAINED}, 100 %", *(f"{preset}, {share}" for preset in presets)], lines
    )


def seconds_table(rows):
    """Seconds of a run with all labels, ELMo's features and the test included."""
    scores = collect(rows, "seconds")
    elmos = [UNTRAINED, *_presets(scores)]
    lines = []
    for name in _sets(scores):
        seconds = [scores.get((name, elmo, 1.0)) for elmo in elmos]
        lines.append([name, *(f"{mean(found):.0f}" if found else "–" for found in seconds)])
    return _table(["seconds a run", *elmos], lines)


def draw(scores, path):
    """Learning curves, a panel a set, with standard deviations and the best baseline."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = _sets(scores)
    rows = -(-len(names) // 5)
    figure = Figure(figsize=(16, 3.2 * rows), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    for place, name in enumerate(names, 1):
        axes = figure.add_subplot(rows, min(5, len(names)), place)
        for elmo in (UNTRAINED, *_presets(scores)):
            points = sorted(
                (key[2], found) for key, found in scores.items() if key[:2] == (name, elmo)
            )
            shares = [100 * share for share, _ in points]
            bars = [stdev(found) if len(found) > 1 else 0.0 for _, found in points]
            means = [mean(found) for _, found in points]
            axes.errorbar(shares, means, bars, marker="o", markersize=4, capsize=3, label=elmo)
        if name in BASELINES:
            axes.axhline(BASELINES[name][0], color="grey", ls=":", label="best baseline, 100 %")
        axes.set(title=name, xscale="log", xlim=(0.8, 125), xlabel="% of the training labels")
        axes.set_xticks(_TICKS, [f"{share}" for share in _TICKS])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize="small")
    figure.savefig(path)


def _sets(scores):
    """In the order of the baselines; others behind them."""
    names = {name for name, _, _ in scores}
    return [*(name for name in BASELINES if name in names), *sorted(names - BASELINES.keys())]


def _runs(scores):
    return {(elmo, share) for _, elmo, share in scores}


def _presets(scores):
    return list(dict.fromkeys(elmo for _, elmo, _ in scores if elmo != UNTRAINED))


def _table(titles, lines):
    rows = [titles, ["---"] * len(titles), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
