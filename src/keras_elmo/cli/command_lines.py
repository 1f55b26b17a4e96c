"""Command lines to be copied: every word as it was given, quoted for a shell."""

import shlex
from collections.abc import Sequence
from pathlib import Path


def command_line(*words: str | Path) -> str:
    """What runs `keras-elmo` with these words."""
    return shlex.join(["keras-elmo", *map(str, words)])


def resuming(command: Sequence[str]) -> str:
    """What goes on with a command that was interrupted: the same with `--resume`.

    Args:
        command: its words, of which the first that is no option, behind the program's name, names
            the command.
    """
    words = list(command)
    if "--resume" in words:
        return shlex.join(words)
    if "--" not in words:
        return shlex.join([*words, "--resume"])
    name = next(place for place, word in enumerate(words) if place and word[:1] != "-")
    words.insert(name + 1, "--resume")  # behind `--` it would be an argument
    return shlex.join(words)


def with_value(option: str, value: str, command: Sequence[str]) -> list[str]:
    """The words of a command, with another value of an option that it gives."""
    words = list(command)
    for place, word in enumerate(words):
        if word == option:
            words[place + 1] = value
        elif word.startswith(f"{option}="):
            words[place] = f"{option}={value}"
    return words


def without(option: str, command: Sequence[str]) -> str:
    """The same command without an option."""
    return shlex.join(word for word in command if word != option)
