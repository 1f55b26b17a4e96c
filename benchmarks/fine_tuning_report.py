"""Tables of what `fine_tuning` measured."""

from statistics import mean

from benchmarks.pretraining_gain_report import spread


def report(rows, recipes):
    """Markdown: scores a set and recipe, then what was forgotten, time and memory."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    present = [name for name in recipes if any(row["recipe"] == name for row in rows)]
    parts = [
        _table("test score, %", rows, sets, present, "score"),
        _table("development score, %", rows, sets, present, "dev"),
        _table("perplexity, change in %", rows, sets, present, perplexity_change),
        _table("lowest linear CKA of a layer", rows, sets, present, "cka"),
        _table("seconds an epoch", rows, sets, present, _epoch_seconds),
        _table("peak memory, MiB", rows, sets, present, lambda row: row["peak_bytes"] / 2**20),
    ]
    return "\n\n".join(parts)


def perplexity_change(row):
    return 100 * (row["perplexity"] / row["perplexity_before"] - 1)


def _epoch_seconds(row):
    return mean(row["cpu_seconds_an_epoch"][1:])  # the first one compiles


def _table(title, rows, sets, recipes, field):
    value = field if callable(field) else lambda row: row[field]
    lines = [f"| {title} | {' | '.join(sets)} |", "|---" * (len(sets) + 1) + "|"]
    for recipe in recipes:
        cells = []
        for name in sets:
            own = [row for row in rows if (row["set"], row["recipe"]) == (name, recipe)]
            cells.append(spread([value(row) for row in sorted(own, key=lambda row: row["seed"])]))
        lines.append(f"| {recipe} | {' | '.join(cells)} |")
    return "\n".join(lines)
