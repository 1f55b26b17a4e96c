"""The HTTP app: models by name, their schema, their health, and the page."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo._version import __version__
from keras_elmo.serving.batcher import Batcher, QueueFullError, StoppedError
from keras_elmo.serving.gate import REQUEST_ID, Gate, refused
from keras_elmo.serving.limits import Limits
from keras_elmo.serving.measurements import Measurements
from keras_elmo.serving.schemas import Failure, Predictions, request_schema, sentence_of
from keras_elmo.serving.served_model import ServedModel, check_names

with needs_extra("serve", "a server needs FastAPI, uvicorn and prometheus-client"):
    from fastapi import APIRouter, FastAPI, Request, Response
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from starlette.exceptions import HTTPException
    from starlette.middleware.cors import CORSMiddleware


_PAGE = {  # path → file of the folder `page`, and its type
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEALTH = ("/livez", "/readyz")
_HUNG_UP = 499  # nobody reads it but the log
_REFUSALS = {
    400: "The body cannot be read.",
    401: "The token is missing or wrong.",
    408: "The request came in too slowly.",
    413: "The body is too large.",
    422: "Something of the body is wrong.",
    429: "Too many texts wait: try again after `Retry-After` seconds.",
    503: "There was no answer in time, or the server is being stopped.",
}


@dataclass(frozen=True)
class Access:
    """Who may use a server.

    Attributes:
        token: that a request must bring; None for anyone.
        origins: of the pages of others that may ask.
    """

    token: str | None = None
    origins: Sequence[str] = ()


class Service:
    """What all routes share: limits, measurements and the batcher.

    Args:
        limits: of the server.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.measurements = limits, Measurements()
        self.batcher = Batcher(limits, self.measurements)

    async def predictions(
        self, request: Request, model: ServedModel, items: Sequence[Any], options: dict[str, Any]
    ) -> Response:
        """The answer to a request, or why there is none."""
        request.state.facts = {"model": model.name, "texts": len(items)}
        try:
            future = self.batcher.submit(model, items, **options)
        except QueueFullError as error:
            return refused(
                429,
                f"{self.limits.queue:,} texts wait at most. Try again in {error.seconds} s",
                {"Retry-After": str(error.seconds)},
            )
        except StoppedError:
            return refused(503, "the server is being stopped", {"Connection": "close"})
        waiting = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(_hangs_up(request))
        try:
            await asyncio.wait(
                {waiting, gone},
                timeout=self.limits.deadline,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if waiting.done():
                return JSONResponse({"model": model.name, "predictions": waiting.result()})
            if gone.done():
                return Response(status_code=_HUNG_UP)
            message = f"there was no answer within {self.limits.deadline:g} seconds"
            return refused(503, f"{message}. Send fewer texts, or later")
        finally:
            gone.cancel()
            future.cancel()  # where it is not done: nobody waits for it


async def _hangs_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def make_app(
    models: Sequence[ServedModel], *, limits: Limits | None = None, access: Access | None = None
) -> Gate:
    """The app that serves models.

    Args:
        models: one at least; the first one answers where no name is said.
        limits: what it takes.
        access: who may use it.

    Raises:
        ValueError: see `check_names`.
    """
    check_names([model.name for model in models])
    service, access = Service(limits or Limits()), access or Access()
    app = FastAPI(
        title="keras-elmo",
        version=__version__,
        description="Predictions of trained models, see `GET /models`.",
        docs_url=None,  # which would load a page from elsewhere
        redoc_url=None,
        lifespan=partial(_lifespan, service),
    )
    _add_errors(app)
    app.include_router(_routes(service, models[0], "/model", "/predict"))
    for model in models:
        path = f"/models/{model.name}"
        app.include_router(_routes(service, model, path, f"{path}/predict"))
    app.include_router(_list(service, models))
    app.include_router(_health(service))
    app.include_router(_page())
    if access.origins:
        exposed = [REQUEST_ID, "Retry-After"]
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(access.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", REQUEST_ID],
            expose_headers=exposed,
        )
    return Gate(app, service.limits, service.measurements, access.token, {*_PAGE, *_HEALTH})


@asynccontextmanager
async def _lifespan(service: Service, app: FastAPI) -> AsyncIterator[None]:
    yield
    await asyncio.to_thread(service.batcher.close, service.limits.drain)


# === Routes ===


def _routes(service: Service, model: ServedModel, path: str, predict_path: str) -> APIRouter:
    """What a model is, and its predictions."""
    router, limits = APIRouter(), service.limits
    schema = request_schema(model.kind, model.options, limits)
    # Computed now, it also warms the model up.
    example = {"model": model.name, "predictions": model.records([schema.input.example])}
    good = {"content": {"application/json": {"example": example}}}
    answers: dict[int | str, dict[str, Any]] = {
        status: {"model": Failure, "description": text} for status, text in _REFUSALS.items()
    }

    async def predict(request: Request, body: Any) -> Response:
        """Predict on texts; each answer is a record, or `error` of an item that cannot be read."""
        items = schema.items(body)
        return await service.predictions(request, model, items, body.said(model.options))

    predict.__annotations__["body"] = schema.model
    router.add_api_route(
        predict_path,
        predict,
        methods=["POST"],
        responses=answers | {200: good},
        response_model=Predictions,
    )

    @router.get(path, response_model=dict[str, Any])
    async def describe() -> Response:
        """What the model is."""
        return JSONResponse(_description(service, model))

    return router


def _list(service: Service, models: Sequence[ServedModel]) -> APIRouter:
    router = APIRouter()

    @router.get("/models", response_model=dict[str, Any])
    async def describe_all() -> Response:
        """What all models are; the first one answers at `/predict`."""
        return JSONResponse({"models": [_description(service, model) for model in models]})

    return router


def _description(service: Service, model: ServedModel) -> dict[str, Any]:
    taken = {name: getattr(service.limits, name) for name in ("body", "texts", "characters")}
    return {**model.description(), "limits": taken, "version": __version__}


def _health(service: Service) -> APIRouter:
    """Routes that ask no model."""
    router = APIRouter()

    @router.get("/livez", response_model=dict[str, str])
    async def alive() -> Response:
        """Whether the server runs."""
        return JSONResponse({"status": "alive"})

    @router.get("/readyz", response_model=dict[str, str], responses={503: {"model": Failure}})
    async def ready() -> Response:
        """Whether it takes requests."""
        if service.batcher.is_alive:
            return JSONResponse({"status": "ready"})
        return refused(503, "the server takes no requests")

    @router.get("/metrics", response_class=Response)
    async def measurements() -> Response:
        """Counts and times for Prometheus."""
        return Response(service.measurements.page(), media_type="text/plain; version=0.0.4")

    return router


def _page() -> APIRouter:
    """The page and its files."""
    router, folder = (
        APIRouter(include_in_schema=False),
        resources.files("keras_elmo.serving") / "page",
    )
    for path, (name, kind) in _PAGE.items():
        answer = Response((folder / name).read_bytes(), media_type=kind)
        router.add_api_route(path, partial(_same, answer), response_model=None)
    return router


async def _same(answer: Response) -> Response:
    return answer


def _add_errors(app: FastAPI) -> None:
    """Errors are one sentence each, and hold nothing of what was sent."""

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        return refused(422, sentence_of(error.errors()))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        return refused(error.status_code, str(error.detail), dict(error.headers or {}))
