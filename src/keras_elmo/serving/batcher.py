"""Requests of all clients as common batches: a bounded queue and one thread that computes."""

import logging
import math
import threading
import traceback
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from keras_elmo.serving.limits import Limits
from keras_elmo.serving.measurements import Measurements
from keras_elmo.serving.served_model import Item, ServedModel

LOG = logging.getLogger(__name__)
FAILED = "the model could not compute this one; the server's log says more"
_LONGEST_WAIT = 60  # seconds of `Retry-After` at most
Answer = dict[str, Any]


class QueueFullError(Exception):
    """More texts wait than the queue holds.

    Attributes:
        seconds: after which it is worth to try again.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class StoppedError(Exception):
    """The server is being stopped."""


class _Request:
    """Items that one client sent, and the answers so far; `future` gets them all."""

    def __init__(self, count: int) -> None:
        self.future: Future[list[Answer]] = Future()
        self._answers: list[Answer] = [{}] * count
        self._left = count

    def answer(self, number: int, answer: Answer) -> None:
        """Note an answer; the last one completes the request."""
        self._answers[number] = answer
        self._left -= 1
        if not self._left and self.future.set_running_or_notify_cancel():
            self.future.set_result(self._answers)


@dataclass(frozen=True)
class _Job:
    """An item that waits."""

    request: _Request
    number: int
    item: Item
    length: int
    model: ServedModel
    options: tuple[tuple[str, Any], ...]


@dataclass
class _Queue:
    """Jobs in their order of arrival; all who touch them hold `changed`."""

    jobs: deque[_Job] = field(default_factory=deque)
    changed: threading.Condition = field(default_factory=threading.Condition)
    is_open: bool = True


class Batcher:
    """Joins the items of all requests and has one thread compute them.

    A batch holds the item that has waited longest, and those nearest to it in length that are for
    the same model with the same options. While it is computed the next one gathers, so that nobody
    waits for company.

    Args:
        limits: of the queue and of batches.
        measurements: are told of each batch.
    """

    def __init__(self, limits: Limits, measurements: Measurements) -> None:
        self._limits, self._measurements = limits, measurements
        self._queue = _Queue()
        self._seconds_per_item = 0.0
        self._thread = threading.Thread(target=self._run, name="inference", daemon=True)
        measurements.watch_queue(self.waiting)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it takes requests and computes them."""
        return self._queue.is_open and self._thread.is_alive()

    def waiting(self) -> int:
        """How many items wait."""
        return len(self._queue.jobs)

    def submit(
        self, model: ServedModel, items: Sequence[Item], **options: Any
    ) -> "Future[list[Answer]]":
        """Have items computed.

        Args:
            model: which computes them.
            items: one at least.
            options: of the prediction.

        Returns:
            Of the answers, in order: a record, or `error` with a sentence. Cancel it, and what is
            not computed yet will not be.

        Raises:
            QueueFullError: too many wait already.
            StoppedError: after `close`.
        """
        request, queue = _Request(len(items)), self._queue
        said = tuple(sorted(options.items()))
        jobs = [
            _Job(request, number, item, model.length(item), model, said)
            for number, item in enumerate(items)
        ]
        with queue.changed:
            if not queue.is_open:
                raise StoppedError
            if len(queue.jobs) + len(jobs) > self._limits.queue:
                raise QueueFullError(self._seconds_to_wait())
            queue.jobs.extend(jobs)
            queue.changed.notify()
        return request.future

    def close(self, seconds: float) -> None:
        """Take nothing more, and wait until what was accepted is computed, so many seconds."""
        with self._queue.changed:
            self._queue.is_open = False
            self._queue.changed.notify()
        self._thread.join(seconds)

    def _seconds_to_wait(self) -> int:
        expected = self.waiting() * self._seconds_per_item
        return min(_LONGEST_WAIT, max(1, math.ceil(expected)))

    def _run(self) -> None:
        while batch := self._take():
            begin = monotonic()
            self._compute(batch)
            seconds = monotonic() - begin
            self._seconds_per_item = seconds / len(batch)
            self._measurements.batch_computed(len(batch), sum(job.length for job in batch), seconds)

    def _take(self) -> list[_Job]:
        """The next batch, as soon as there is one; none at the end."""
        queue = self._queue
        with queue.changed:
            while True:
                given_up = sum(job.request.future.cancelled() for job in queue.jobs)
                if given_up:
                    queue.jobs = deque(x for x in queue.jobs if not x.request.future.cancelled())
                    self._measurements.given_up(given_up)
                if queue.jobs:
                    break
                if not queue.is_open:
                    return []
                queue.changed.wait()
            batch = choose_batch(queue.jobs, self._limits)
            chosen = set(map(id, batch))
            queue.jobs = deque(job for job in queue.jobs if id(job) not in chosen)
            return batch

    def _compute(self, batch: list[_Job]) -> None:
        """Answer the jobs of a batch together; an item that cannot be read is told so, alone."""
        try:
            records = _records(batch)
        except Exception as error:
            self._compute_apart(batch, error)
            return
        for job, record in zip(batch, records, strict=True):
            job.request.answer(job.number, record)

    def _compute_apart(self, batch: list[_Job], error: Exception) -> None:
        """Answer the jobs of a batch that failed: without those to blame, or in halves."""
        good = []
        for job in batch:
            if refusal := _refusal(job):
                job.request.answer(job.number, {"error": refusal})
            else:
                good.append(job)
        middle = len(good) if len(good) < len(batch) else len(good) // 2
        if not middle and good:
            log_failure(LOG, error)
            good[0].request.answer(good[0].number, {"error": FAILED})
            return
        for part in (good[:middle], good[middle:]):
            if part:
                self._compute(part)


def _records(batch: list[_Job]) -> list[Answer]:
    first = batch[0]
    if any(job.length == 0 for job in batch):
        raise ValueError("an item without words")
    return first.model.records([job.item for job in batch], **dict(first.options))


def _refusal(job: _Job) -> str:
    """Why an item cannot be predicted on; empty where it can."""
    try:
        job.model.check(job.item)
    except ValueError as error:
        return str(error)
    return ""


def choose_batch(jobs: Sequence[Any], limits: Limits) -> list[Any]:
    """The jobs to compute together: the first one, and those nearest to it in length.

    Args:
        jobs: one at least, the longest waiting first.
        limits: of a batch.
    """
    first = jobs[0]
    alike = [x for x in jobs if x.model is first.model and x.options == first.options]
    alike.sort(key=lambda job: abs(job.length - first.length))  # which keeps the first one first
    batch, longest = [], 0
    for job in alike[: limits.batch_size]:
        longest = max(longest, job.length)
        if batch and longest * (len(batch) + 1) > limits.batch_words:
            break
        batch.append(job)
    return batch


def log_failure(log: logging.Logger, error: BaseException, **more: Any) -> None:
    """Log where an error arose, without its message, which may hold a text."""
    places = [
        f"{x.filename}:{x.lineno} {x.name}" for x in traceback.extract_tb(error.__traceback__)
    ]
    facts = {"error": type(error).__name__, "places": places, **more}
    log.error("failed", extra={"facts": facts})
