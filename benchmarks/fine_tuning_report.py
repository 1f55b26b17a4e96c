"""Tables of what `fine_tuning` measured."""

from statistics import mean, stdev


def report(rows, recipes):
    """Markdown: scores a set and recipe, then what was forgotten, time and memory."""
    sets = list(dict.fromkeys(row["set"] for row in rows))
    present = [name for name in recipes if any(row["recipe"] == name for row in rows)]
    tables = (
        ("test score, %", 2, lambda row: row["score"]),
        ("development score, %", 2, lambda row: row["dev"]),
        (
            "perplexity, times that before",
            3,
            lambda row: row["perplexity"] / row["perplexity_before"],
        ),
        ("lowest linear CKA of a layer", 3, lambda row: row["cka"]),
        ("seconds an epoch", 1, lambda row: mean(row["cpu_seconds_an_epoch"][1:])),  # 1st compiles
        ("peak memory, MiB", 0, lambda row: row["peak_bytes"] / 2**20),
    )
    return "\n\n".join(_table(title, rows, sets, present, *how) for title, *how in tables)


def _table(title, rows, sets, recipes, digits, value):
    lines = [f"| {title} | {' | '.join(sets)} |", "|---" * (len(sets) + 1) + "|"]
    for recipe in recipes:
        cells = []
        for name in sets:
            own = [row for row in rows if (row["set"], row["recipe"]) == (name, recipe)]
            cells.append(_spread([value(row) for row in own], digits))
        lines.append(f"| {recipe} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(values, digits):
    if not values:
        return "–"
    shown = f"{mean(values):,.{digits}f}"
    return f"{shown} ± {stdev(values):,.{digits}f}" if len(values) > 1 else shown
