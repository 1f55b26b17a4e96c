"""Every request comes in here: its id, its size, its token; and goes out: headers, log, counts."""

import asyncio
import hmac
import logging
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from time import monotonic

from keras_elmo._extras import needs_extra
from keras_elmo.serving.batcher import log_failure
from keras_elmo.serving.limits import Limits
from keras_elmo.serving.measurements import Measurements

with needs_extra("serve", "a server needs FastAPI, uvicorn and prometheus-client"):
    from starlette.datastructures import Headers, MutableHeaders
    from starlette.responses import JSONResponse, Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


LOG = logging.getLogger(__name__)
REQUEST_ID = "X-Request-ID"
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNKNOWN = "(unknown)"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The page and its answers are for itself: nothing inline, nothing from elsewhere, in no frame.
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Gate:
    """The outermost layer of the app.

    Attributes:
        app: what lies behind it.
        limits: of a request.
        measurements: are told of each answer.
        token: that a request must bring, if there is one.
        open_paths: what needs no token.
    """

    app: ASGIApp
    limits: Limits
    measurements: Measurements
    token: str | None = None
    open_paths: Collection[str] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        passage = _Passage(scope, receive, send)
        try:
            refusal = self._refuse_stranger(scope) or await self._take_body(passage)
            await (refusal or self.app)(scope, passage.receive, passage.send)
        except Exception as error:
            log_failure(LOG, error, request_id=passage.id)
            if not passage.status:
                failed = refused(500, f"something failed here; the log has it under {passage.id}")
                await failed(scope, receive, passage.send)
        finally:
            self._note(passage)

    def _refuse_stranger(self, scope: Scope) -> Response | None:
        if self.token is None or scope["path"] in self.open_paths or scope["method"] == "OPTIONS":
            return None
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        message = "this needs the server's token: Authorization: Bearer TOKEN"
        return refused(401, message, {"WWW-Authenticate": "Bearer"})

    async def _take_body(self, passage: "_Passage") -> Response | None:
        """Read the body, or say why not; what is too much is read and forgotten."""
        headers = Headers(scope=passage.scope)
        size = headers.get("content-length", "")
        is_known_too_large = size.isdigit() and int(size) > self.limits.body
        answered_unread = is_known_too_large and headers.get("expect", "").lower() == "100-continue"
        try:
            async with asyncio.timeout(self.limits.reading):
                fits = not answered_unread and await passage.take_body(self.limits.body)
        except TimeoutError:
            message = f"the request did not come in within {self.limits.reading:g} seconds"
            return refused(408, message, {"Connection": "close"})
        if fits:
            return None
        message = (
            f"a request must have at most {self.limits.body:,} bytes. Send fewer texts at once"
        )
        return refused(413, message, {"Connection": "close"})

    def _note(self, passage: "_Passage") -> None:
        route = getattr(passage.scope.get("route"), "path", _UNKNOWN)
        seconds = monotonic() - passage.begin
        self.measurements.request_answered(route, passage.status, seconds)
        facts = {
            "request_id": passage.id,
            "method": passage.scope["method"],
            "route": route,
            "status": passage.status,
            "seconds": round(seconds, 6),
            **passage.scope.get("state", {}).get("facts", {}),
        }
        LOG.info("answered", extra={"facts": facts})


@dataclass
class _Passage:
    """One request on its way."""

    scope: Scope
    _receive: Receive
    _send: Send
    begin: float = field(default_factory=monotonic)
    status: int = 0  # 0: nothing was answered
    id: str = ""
    _body: bytes | None = None

    def __post_init__(self) -> None:
        given = Headers(scope=self.scope).get(REQUEST_ID, "")
        self.id = given if _PLAIN_ID.fullmatch(given) else uuid.uuid4().hex

    async def take_body(self, limit: int) -> bool:
        """Read all of the body; False where it has more bytes than that."""
        body, size, more = bytearray(), 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                break
            part = message.get("body", b"")
            size, more = size + len(part), message.get("more_body", False)
            if size <= limit:
                body += part
        self._body = bytes(body)
        return size <= limit

    async def receive(self) -> Message:
        """The body that was taken, then what the server says."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """An answer, with the headers of all."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, REQUEST_ID: self.id}.items():
                headers.setdefault(name, value)
        await self._send(message)


def refused(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that says in a sentence why there is no other."""
    return JSONResponse({"error": message}, status, headers)
