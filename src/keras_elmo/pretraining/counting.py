"""Many parts of text, counted by several processes at once."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from keras_elmo._processes import obey_parent
from keras_elmo.pretraining.counted_parts import CountedPart, count_part
from keras_elmo.pretraining.text_blocks import Part

_POLL_SECONDS = 0.2
_Job = tuple[Part, Path, int]  # what to count, where to write, the longest sentence
_shared: dict[str, Any] = {}  # in a process of the pool: what all processes read and write


class Reading(NamedTuple):
    """How far reading a corpus has come: bytes of the files (compressed ones, if they are)."""

    bytes: int
    total_bytes: int
    tokens: int


def count_parts(
    parts: list[Part],
    folder: Path,
    max_length: int,
    processes: int,
    on_progress: Callable[[Reading], None],
) -> list[CountedPart]:
    """Count all parts, the largest first, with files in `folder`; the order of `parts` is kept.

    What is written does not depend on `processes`, since every part is counted for itself.

    Raises:
        DataError, ImportError, OSError: as `count_part`; the other processes are stopped.
        ChildProcessError: a process was killed, mostly because memory ran out.
    """
    jobs = [(part, folder / str(number), max_length) for number, part in enumerate(parts)]
    sizes = [(part.end or part.path.stat().st_size) - part.begin for part in parts]
    shared = multiprocessing.RawArray("q", 2 * len(parts))  # bytes and tokens of each part

    def report() -> None:
        on_progress(Reading(sum(shared[0::2]), sum(sizes), sum(shared[1::2])))

    def on_block(number: int, done: int, tokens: int) -> None:
        shared[2 * number : 2 * number + 2] = [done, tokens]
        report()

    processes = min(processes, len(parts))
    if processes == 1:
        return [count_part(*job, partial(on_block, number)) for number, job in enumerate(jobs)]
    order = sorted(range(len(parts)), key=lambda number: -sizes[number])
    with _readable_end():
        return _in_pool(jobs, order, shared, processes, report)


def _in_pool(
    jobs: list[_Job], order: list[int], shared: Any, processes: int, report: Callable[[], None]
) -> list[CountedPart]:
    context = multiprocessing.get_context("spawn")  # a backend's threads do not survive a fork
    stop = context.RawValue("b", 0)
    with ProcessPoolExecutor(processes, context, _begin, (shared, stop)) as pool:
        futures = {number: pool.submit(_count, number, jobs[number]) for number in order}
        try:
            _watch(set(futures.values()), report)
        except BaseException:
            stop.value = 1  # each process looks at it after every block
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [futures[number].result() for number in range(len(jobs))]


def _watch(pending: set[Future[CountedPart]], report: Callable[[], None]) -> None:
    while pending:
        done, pending = wait(pending, _POLL_SECONDS, FIRST_EXCEPTION)
        for future in done:
            future.result()
        report()


@contextmanager
def _readable_end() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "a process that read the corpus was ended from outside. If memory ran out, take fewer "
            "processes. A program of your own that takes more than one process must call "
            '`prepare_corpus` under `if __name__ == "__main__":`.'
        ) from error


# === In a process of the pool ===


def _begin(progress: Any, stop: Any) -> None:
    _shared.update(progress=progress, stop=stop)
    obey_parent()


def _count(number: int, job: _Job) -> CountedPart:
    return count_part(*job, partial(_on_block, number))


def _on_block(number: int, done: int, tokens: int) -> None:
    _shared["progress"][2 * number : 2 * number + 2] = [done, tokens]
    if _shared["stop"].value:
        raise InterruptedError("stopped")
