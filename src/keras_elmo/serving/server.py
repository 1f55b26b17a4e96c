"""The app on a port: uvicorn with our limits, logs in JSON, and an orderly end."""

import json
import logging
import socket
import sys
from asyncio import BaseTransport, TimerHandle
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.serving.gate import Gate

with needs_extra("serve", "a server needs FastAPI, uvicorn and prometheus-client"):
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol


_BACKLOG = 2_048


def open_socket(host: str, port: int) -> socket.socket:
    """Take a port, before anything is loaded.

    Args:
        host: name or address.
        port: 0 for any that is free.

    Raises:
        ValueError: it is in use, or not ours to take.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ValueError(f"--host must be of this machine. Received: {host!r}, {error}") from error
    # With its protocol named asyncio sends what it has at once: without, answers take 40 ms more.
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
    if sys.platform != "win32":  # where it would let two servers share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        message = f"port {port} of {host} cannot be taken: {error.strerror}"
        raise ValueError(f"{message}. Name another one: --port {port + 1}") from error
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL at which a socket is served."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def run(app: Gate, listener: socket.socket, *, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; what was accepted until then is answered.

    Args:
        app: what is served.
        listener: where.
        ready: called when the first request can be taken.
    """
    with suppress(KeyboardInterrupt):  # uvicorn ends in order, then raises the signal once more
        make_server(app, ready).run([listener])


def make_server(app: Gate, ready: Callable[[], None] | None = None) -> uvicorn.Server:
    """The server of an app, which its `run` runs on sockets."""
    config = uvicorn.Config(
        app,
        http=_PatientProtocol,
        ws="none",
        loop="asyncio",
        backlog=_BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(app.limits.drain) + 1,
    )
    _PatientProtocol.seconds = app.limits.reading
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """Tells when it can take requests."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready:
            self._ready()


class _PatientProtocol(H11Protocol):
    """Closes a connection that does not say within so many seconds what it wants.

    Of h11, since uvicorn's faster protocol takes headers without end.
    """

    seconds = 10.0
    _timer: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer = self.loop.call_later(self.seconds, self._lose_patience, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def _lose_patience(self, transport: BaseTransport) -> None:
        if self.cycle is None:
            transport.close()


# === Logs ===


class JsonLines(logging.Formatter):
    """A line of JSON for each record: time, level, what happened, and the facts of it."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`; a traceback keeps its places and loses its message."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        return json.dumps(line, ensure_ascii=False)


def log_as_json() -> None:
    """Have all that the server logs written to standard error as lines of JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name, level in (("keras_elmo.serving", logging.INFO), ("uvicorn", logging.WARNING)):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(level)
