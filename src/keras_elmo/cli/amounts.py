"""Amounts as people write them on a command line: 60m, 20M, 1:32,2:64."""

import re
from collections.abc import Mapping

import typer

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_COUNTS = {"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}


def seconds(text: str) -> float:
    """`90s`, `60m` or `1.5h` in seconds; a bare number is seconds."""
    return _amount(text, _SECONDS, "a time such as 90s, 60m or 1.5h")


def count(text: str) -> int:
    """`20M`, `500k` or `1000` as a number."""
    return round(_amount(text, _COUNTS, "a number such as 20M, 500k or 1000"))


def more_seconds(text: str) -> str:
    """Ten times a time, written as one."""
    return f"{10 * seconds(text):.10g}s"


def filters(text: str) -> list[list[int]]:
    """`1:32,2:64` as pairs of width and number of filters."""
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*(,[1-9]\d*:[1-9]\d*)*", text):
        raise typer.BadParameter(f"expected width:number pairs such as 1:32,2:64. Received: {text}")
    return [[int(number) for number in pair.split(":")] for pair in text.split(",")]


def _amount(text: str, units: Mapping[str, float], expected: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]?)", text.strip())
    if not match or match[2] not in units or not float(match[1]):
        raise typer.BadParameter(f"expected {expected}. Received: {text}")
    return float(match[1]) * units[match[2]]
