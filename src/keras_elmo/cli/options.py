"""The options of a training as parameters of a command, made of what is said about them once."""

import inspect
from collections.abc import Callable, Container
from dataclasses import MISSING
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from keras_elmo.workflows.option import OptionFacts
from keras_elmo.workflows.options import training_options

Command = TypeVar("Command", bound=Callable[..., Any])


def takes_options(*names: str) -> Callable[[Command], Command]:
    """Give a command options of a training in place of its `**options`, which receive them.

    Args:
        names: of the options; none for all. They stand behind the command's required parameters.
    """
    chosen = [facts for name, facts in training_options().items() if name in names or not names]

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [x for x in signature.parameters.values() if x.kind != x.VAR_KEYWORD]
        required = [x for x in own if x.default is x.empty]
        derived = [_parameter(facts) for facts in chosen]
        arguments = [x for x in derived if x.default is x.empty]
        others = [x for x in [*derived, *own] if x not in [*required, *arguments]]
        parameters = [x.replace(kind=x.KEYWORD_ONLY) for x in [*arguments, *required, *others]]
        vars(command)["__signature__"] = signature.replace(parameters=parameters)
        command.__annotations__ = {x.name: x.annotation for x in parameters}
        return command

    return decorate


# What may be said of a labelled file wherever one is read.
OF_FILES = (
    "text",
    "file_format",
    "header",
    "delimiter",
    "quotes",
    "sentence",
    "comment",
    "encoding",
    "skip_bad",
)
OF_LABELS = ("label", "label_separator", "file_scheme", "align", "offsets")


def given(ctx: typer.Context, names: Container[str]) -> list[str]:
    """Those of the names that were said on the command line, in its order, if only the default."""
    return [name for name in ctx.params if name in names and _is_said(ctx, name)]


def _is_said(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _parameter(facts: OptionFacts) -> inspect.Parameter:
    kind = Path if facts.about.is_file else facts.kinds[0]
    kind = kind | None if facts.is_optional else kind
    is_argument = facts.default is MISSING
    about = typer.Argument(help=facts.about.help) if is_argument else _option(facts)
    return inspect.Parameter(
        facts.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[kind, about],
        default=inspect.Parameter.empty if is_argument else facts.default,
    )


def _option(facts: OptionFacts) -> Any:
    about = facts.about
    return typer.Option(
        "/".join(facts.flags),
        help=about.help,
        show_default=facts.default is not False,
        rich_help_panel=about.panel,
        autocompletion=about.complete,
        min=about.min,
        max=about.max,
    )
