"""What clients send and get, as Pydantic models, which check it and make the OpenAPI schema."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self, Union

from keras_elmo._extras import needs_extra
from keras_elmo.serving.limits import Limits
from keras_elmo.serving.served_model import Input, Item, input_of

with needs_extra("serve", "a server needs FastAPI, uvicorn and prometheus-client"):
    from pydantic import (
        BaseModel,
        ConfigDict,
        Discriminator,
        Field,
        Tag,
        create_model,
        model_validator,
    )


MAX_BEAM = 32


class Failure(BaseModel):
    """Why there is no other answer."""

    error: str = Field(description="A sentence.")


class Predictions(BaseModel):
    """The records of the items, in order, as `keras-elmo predict` writes them."""

    model: str
    predictions: list[dict[str, Any]] = Field(
        description="Of an item that the model cannot read there is `error` alone, a sentence."
    )


class Request(BaseModel):
    """What all requests have in common: nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def said(self, names: Sequence[str]) -> dict[str, Any]:
        """The options among the names."""
        return {name: getattr(self, name) for name in names}


class SearchRequest(Request):
    """A request to a model that searches its answers."""

    beam: int = Field(4, ge=1, le=MAX_BEAM, description="Width of the beam search; 1 is greedy.")
    n_best: int = Field(1, ge=1, le=MAX_BEAM, description="Number of targets to show.")
    length_penalty: float = Field(
        1.0, ge=0.0, le=10.0, allow_inf_nan=False, description="Higher prefers longer targets."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.n_best > self.beam:
            raise ValueError("n_best must be at most beam")
        return self


@dataclass(frozen=True)
class RequestSchema:
    """The requests to a model.

    Attributes:
        input: what they hold.
        model: the Pydantic model of a body.
    """

    input: Input
    model: type[Request]

    def items(self, request: Any) -> list[Item]:
        """What is predicted on."""
        rows = getattr(request, self.input.field)
        if len(self.input.parts) == 1:
            return rows
        return [tuple(getattr(row, part) for part in self.input.parts) for row in rows]


def request_schema(kind: str, options: Sequence[str], limits: Limits) -> RequestSchema:
    """The requests to a model of this kind.

    Args:
        kind: see `keras_elmo.data.kinds`.
        options: what may be said of a prediction.
        limits: of a request.
    """
    own = input_of(kind)
    text: Any = Annotated[str, Field(max_length=limits.characters)]
    if "passage" not in own.parts:  # an answer is marked in a string
        text = _string_or_tokens(limits)
    row, example = text, own.example
    if len(own.parts) > 1:
        parts: Any = dict.fromkeys(own.parts, (text, ...))
        row = create_model(own.field.capitalize(), __base__=Request, **parts)
        example = dict(zip(own.parts, own.example, strict=True))
    rows: Any = Annotated[
        list[row],
        Field(min_length=1, max_length=limits.texts, examples=[[example]]),
    ]
    base = SearchRequest if options else Request
    name = f"{own.field.capitalize()}Request"
    fields: Any = {own.field: (rows, ...)}
    return RequestSchema(own, create_model(name, __base__=base, **fields))


def _string_or_tokens(limits: Limits) -> Any:
    string = Annotated[str, Field(max_length=limits.characters), Tag("text")]
    token = Annotated[str, Field(min_length=1, max_length=1_000)]
    tokens = Annotated[list[token], Field(max_length=limits.characters), Tag("tokens")]
    which = Discriminator(lambda value: "tokens" if isinstance(value, list) else "text")
    return Annotated[Union[string, tokens], which]  # noqa: UP007


def sentence_of(errors: Sequence[Any]) -> str:
    """The first thing that is wrong with a body, and where; nothing of what was sent."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return "the body: must be JSON"
    names = [x for x in first["loc"] if x not in ("body", "text", "tokens")]
    place = "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in names).lstrip(".")
    more = f" ({len(errors) - 1:,} more)" if len(errors) > 1 else ""
    return f"{place or 'the body'}: {first['msg'].removeprefix('Value error, ')}{more}"
