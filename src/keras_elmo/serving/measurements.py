"""What a server counts, for Prometheus."""

from collections.abc import Callable

from keras_elmo._extras import needs_extra

with needs_extra("serve", "a server needs FastAPI, uvicorn and prometheus-client"):
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Measurements:
    """Counters and times of one server."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "keras_elmo_requests", "Answered requests.", ["route", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "keras_elmo_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._waiting = Gauge("keras_elmo_waiting_texts", "Texts that wait.", registry=registry)
        self._batch_texts = Histogram(
            "keras_elmo_batch_texts", "Texts of a batch.", buckets=_SIZES, registry=registry
        )
        self._batch_seconds = Histogram(
            "keras_elmo_batch_seconds", "Seconds of a batch.", buckets=_SECONDS, registry=registry
        )
        self._words = Counter("keras_elmo_words", "Computed words.", registry=registry)
        self._given_up = Counter(
            "keras_elmo_given_up_texts",
            "Texts that were not computed because nobody waited for them any more.",
            registry=registry,
        )

    def watch_queue(self, waiting: Callable[[], int]) -> None:
        """Ask here how many texts wait."""
        self._waiting.set_function(waiting)

    def request_answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def batch_computed(self, texts: int, words: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_texts.observe(texts)
        self._batch_seconds.observe(seconds)
        self._words.inc(words)

    def given_up(self, texts: int) -> None:
        """Count texts that nobody waits for."""
        self._given_up.inc(texts)

    def page(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(self._registry)
