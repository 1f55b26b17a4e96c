"""Measures, parameters and configurations as tables."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import keras

    from keras_elmo.fine_tuning.recipes import Recipe

_SPAN_COLUMNS = ("precision", "recall", "f1", "support")


def measures_table(report: Mapping[str, Any], title: str) -> Group:
    """What a task's `report` returned: overall numbers, then a row for each class or type.

    Of several columns these tables for each. A number that the examples do not allow, such as a
    correlation with numbers that are all the same, is a dash.
    """
    overall = Table("measure")
    overall.add_column("value", justify="right")
    parts = {"": report} | {k: v for k, v in report.items() if isinstance(v, Mapping)}
    for part, measures in parts.items():  # of all examples, then of a part of them
        for measure, value in measures.items():
            if value is None or isinstance(value, int | float):
                name = f"{part}: {measure}" if part else measure
                overall.add_row(name.replace("_", " "), _number(value))
    rows = report.get("per_class") or report.get("per_type") or {}
    detail = Table("label")
    for name in _SPAN_COLUMNS:
        detail.add_column(name, justify="right")
    for label, scores in rows.items():
        cells = [f"{scores[name]:.4f}" for name in _SPAN_COLUMNS[:3]]
        detail.add_row(label, *cells, f"{scores['support']:,}")
    columns = [measures_table(part, name) for name, part in report.get("columns", {}).items()]
    # Not the table's own title, which would be broken where it is wider than the table.
    heading = Text(title, style="table.title")
    return Group(heading, overall, *([detail] if rows else []), *columns)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def parameters_table(model: "keras.Model", title: str) -> Table:
    """Groups of parameters: how many, whether they train, and at which rate."""
    from keras_elmo.fine_tuning.learning_rates import parameter_table

    table = Table("group", title=title, title_justify="left", show_footer=True)
    rows = parameter_table(model)
    table.columns[0].footer = "all"
    table.add_column("parameters", f"{sum(row.parameters for row in rows):,}", justify="right")
    table.add_column("trainable")
    table.add_column("learning rate", justify="right")
    for row in rows:
        rate = f"{row.learning_rate:g}" if row.learning_rate else "–"
        table.add_row(row.name, f"{row.parameters:,}", "yes" if row.trainable else "no", rate)
    return table


def recipe_table(model: "keras.Model", recipe: "Recipe", epochs: int) -> Table:
    """Groups of parameters: how many, in which epochs they train, and at which rate at most.

    Raises:
        ValueError: the recipe does not fit the model or the epochs.
    """
    from keras_elmo.fine_tuning.learning_rates import group_rates, group_sizes
    from keras_elmo.fine_tuning.unfreezing import unfreezing_plan

    table = Table("group", title="What trains, at which rate", title_justify="left")
    table.add_column("parameters", justify="right")
    table.add_column("epochs")
    table.add_column("highest rate", justify="right")
    sizes, rates = group_sizes(model), group_rates(recipe, list(group_sizes(model)))
    plan = unfreezing_plan(recipe.unfreezing, list(sizes), epochs)
    for name, size in sizes.items():
        spans, first = [], 1
        for count, groups in plan:
            if name in groups:
                spans += range(first, first + count)
            first += count
        rate = rates[name]
        shown = f"{rate:.3g}" if isinstance(rate, float) else type(rate).__name__
        table.add_row(name, f"{size:,}", _spans(spans) or "frozen", shown if spans else "–")
    return table


def _spans(numbers: list[int]) -> str:
    """1, 3, 4, 5 → "1, 3–5"."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], number]
        else:
            parts.append([number])
    return ", ".join("–".join(map(str, part)) for part in parts)


def configuration_table(config: Mapping[str, Any]) -> Table:
    """A constructor's arguments; those of its parts behind a dot."""
    table = Table("argument", "value", title="Configuration", title_justify="left")
    for name, value in config.items():
        if isinstance(value, dict) and "class_name" in value:  # a part with its own configuration
            part = value.get("config", {})
            for inner, inner_value in part.items():
                table.add_row(f"{name}.{inner}", _short(inner_value))
        else:
            table.add_row(name, _short(value))
    return table


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:97]}…"
