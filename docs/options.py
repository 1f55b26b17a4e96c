"""Write docs/options.md, the table of all options of a training: `python docs/options.py`."""

from dataclasses import MISSING
from pathlib import Path

from typer.main import get_command

from keras_elmo.cli import app
from keras_elmo.workflows.option import OptionFacts
from keras_elmo.workflows.options import training_options

PAGE = Path(__file__).with_suffix(".md")
COMMANDS = ("train", "tune", "find-rate")
HEAD = """# Options of a training

`keras-elmo train`, `tune` and `find-rate` take these; `keras_elmo.tune` takes them by their
names in Python. Written by `python docs/options.py` from `keras_elmo.workflows.options`, where
each of them is declared.
"""


def page() -> str:
    """A table for each panel of `--help`."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    taken = {name: {x.name for x in commands[name].params} for name in COMMANDS}
    parts = [HEAD]
    for panel in dict.fromkeys(facts.about.panel for facts in training_options().values()):
        parts.append(f"## {panel}\n\n| option | what it is | values | default | not of |")
        parts.append("|---|---|---|---|---|")
        parts += [
            row(facts, [name for name in COMMANDS if facts.name not in taken[name]])
            for facts in training_options().values()
            if facts.about.panel == panel
        ]
        parts.append("")
    return "\n".join(parts)


def row(facts: OptionFacts, without: list[str]) -> str:
    """A line of the table."""
    default = "" if facts.default in (None, MISSING) else f"`{facts.default}`"
    default = {"`False`": "no", "`True`": "yes"}.get(default, default)
    name = "DATA" if facts.default is MISSING else ", ".join(facts.flags)
    cells = [f"`{name}`", facts.about.help, values(facts), default, ", ".join(without)]
    return f"| {' | '.join(cells)} |"


def values(facts: OptionFacts) -> str:
    """What may be said."""
    if facts.choices:
        return ", ".join(f"`{choice}`" for choice in facts.choices)
    kind = {bool: "yes or no", str: "text", int: "whole number", float: "number"}[facts.kinds[0]]
    limits = (("from", facts.about.min), ("to", facts.about.max))
    return kind + "".join(f" {word} {limit:g}" for word, limit in limits if limit is not None)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
