"""Trials that run at once: each in a process of its own, while this one decides."""

import multiprocessing
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

from keras_elmo.search.ledger import Assignment, Ledger
from keras_elmo.search.trial import FAILED, INTERRUPTED, Outcome
from keras_elmo.search.worker import END, EPOCH, SCORE, serve
from keras_elmo.workflows.labelled_files import LabelledData

_MANY = 4  # more would draw most trials before there is anything to learn from


def automatic_jobs() -> int:
    """How many trials fit on this machine: one uses two cores, one for each direction."""
    return max(1, min(_MANY, _cores() // 2))


def run_side_by_side(ledger: Ledger, jobs: int) -> None:
    """Run trials in `jobs` processes until the budget is spent.

    Raises:
        ChildProcessError: a process cannot even begin.
        KeyboardInterrupt: one of them was interrupted.
    """
    workers = [_Worker(ledger.data, jobs) for _ in range(jobs)]
    try:
        while True:
            for worker in workers:
                if worker.begun is None and (begun := ledger.begin()):
                    worker.begin(begun)
            busy = [worker for worker in workers if worker.begun]
            if not busy:
                return
            ready = wait([worker.connection for worker in busy])
            for worker in busy:
                if worker.connection in ready:
                    worker.listen(ledger)
    finally:
        for worker in workers:
            worker.kill()


class _Worker:
    """A process, and the trial that it runs."""

    def __init__(self, data: LabelledData, jobs: int) -> None:
        self._data, self._jobs = pickle.dumps(data), jobs
        self.begun: Assignment | None = None
        self._has_answered = True
        self._start()

    def _start(self) -> None:
        if not self._has_answered:
            raise ChildProcessError(
                "a process of the search ended before its first epoch. A program of your own that "
                'takes more than one job must call `tune` under `if __name__ == "__main__":`. '
                "If memory ran out, take fewer jobs."
            )
        self._has_answered = False
        context = multiprocessing.get_context("spawn")  # a backend's threads do not survive a fork
        self.connection, far = context.Pipe()
        with _share_of_threads(self._jobs):
            self._process = context.Process(target=serve, args=(far, self._data), daemon=True)
            self._process.start()
        far.close()  # so that its end is seen here

    def begin(self, begun: Assignment) -> None:
        self.begun = begun
        try:
            self.connection.send((begun.run, begun.folder))
        except ConnectionError:  # it was killed while it waited
            self._begin_anew()
            self.connection.send((begun.run, begun.folder))

    def listen(self, ledger: Ledger) -> None:
        begun = self.begun
        if begun is None:
            return
        try:
            kind, *said = self.connection.recv()
            self._has_answered = True
            if kind == EPOCH:
                self.connection.send(ledger.after_epoch(begun.number, *said))
            elif kind == SCORE:
                self.connection.send(ledger.is_best(*said))
        except (EOFError, ConnectionError):  # killed from outside: often the system, for its memory
            self._begin_anew()
            kind, said = END, [Outcome(FAILED, reason="its process was killed; out of memory?")]
        if kind == END:
            self._end(ledger, said[0])

    def _end(self, ledger: Ledger, end: Outcome | Exception) -> None:
        if isinstance(end, Exception):
            raise end
        begun, self.begun = self.begun, None
        if begun:
            ledger.end(begun.number, end)
        if end.state == INTERRUPTED:
            raise KeyboardInterrupt

    def _begin_anew(self) -> None:
        self.kill()
        self._start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()


@contextmanager
def _share_of_threads(jobs: int) -> Iterator[None]:
    """Give each process that begins here its share of threads, unless the user has set it."""
    threads = max(1, _cores() // jobs)
    limits = {
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": max(1, threads // 2),
        "TF_NUM_INTEROP_THREADS": min(2, threads),
    }
    new = {name: str(value) for name, value in limits.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
