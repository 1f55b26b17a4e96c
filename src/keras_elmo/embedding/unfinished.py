"""The features of a job that is under way, kept so that it goes on after any kind of end.

The folder `OUTPUT.unfinished` holds the plain files that `FeatureRows` reads, `job.json` with all
that shapes the numbers, and `done.json`: how many sentences are done, a hash over them, and the
sizes of the files at that moment. `done.json` is replaced only after the files are on the disk, so
whatever stands behind those sizes was not finished, and is cut off.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from keras_elmo.embedding.feature_rows import LENGTHS, ROWS, TOKENS, FeatureRows
from keras_elmo.embedding.job_records import DONE, JOB, Done, Job, changes, sentence_line, write_job
from keras_elmo.text.folder_lock import LOCK, locked_folder
from keras_elmo.weights.space import require_space

_VERSION = 1  # of these files, and of how sentences are cut into chunks


class UnfinishedFeatures:
    """A folder to which features are added sentence by sentence; use it as a context.

    It disappears at the end of the context unless sentences are done and not yet `finish`ed.

    Args:
        folder: made if there is none.
        job: everything that shapes the numbers; `model_name` is only told.
        keep_tokens: write the tokens, too.
        restart: throw away what is there.

    Raises:
        ValueError: another command works in the folder, it belongs to another job or to somebody
            else, or it is damaged.
    """

    def __init__(self, folder: Path, job: Job, *, keep_tokens: bool, restart: bool = False):
        self.folder, self.restart = folder, restart
        self.job: Job = {"version": _VERSION, **job}
        self.names = [ROWS, LENGTHS, *([TOKENS] if keep_tokens else [])]
        self.done, self._added = Done(), Done()
        self._hash = hashlib.sha256()

    def __enter__(self) -> Self:
        self._refuse_foreign_folder()
        with ExitStack() as stack:
            stack.enter_context(locked_folder(self.folder))
            stack.callback(self._remove_if_useless)
            self._continue()
            self._files = {name: stack.enter_context(self._open(name)) for name in self.names}
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if os.name == "nt":  # where a file that is open, the lock, cannot be removed
            self._remove_if_useless()

    def skip_done(self, sentences: Iterator[Sequence[str]]) -> None:
        """Read the sentences that are done once more and see that they are the same.

        Raises:
            ValueError: they are not.
        """
        for number in range(self.done.sentences):
            tokens = next(sentences, None)
            if tokens is None:
                raise self._other_input(f"it has {number:,} sentences only")
            self._hash.update(sentence_line(tokens))
        if self._hash.hexdigest() != self.done.sha256:
            raise self._other_input("its sentences are others")

    def set_layers(self, layers: Sequence[int]) -> None:
        """Say which layers are kept."""
        self._added.layers = list(layers)

    def add(self, tokens: Sequence[str], row: np.ndarray, shape: Sequence[int]) -> None:
        """Add a sentence; it counts from the next `commit` on.

        Args:
            tokens: of the sentence.
            row: its features, contiguous.
            shape: of one row among them.
        """
        line = sentence_line(tokens)
        self._hash.update(line)
        self._added.sentences += 1
        self._added.tokens += len(tokens)
        self._added.shape = list(shape)
        contents = {ROWS: row.data, LENGTHS: len(tokens).to_bytes(8, "little"), TOKENS: line}
        for name, file in self._files.items():
            self._added.sizes[name] += file.write(contents[name])

    def commit(self, save_state: Callable[[Path], None] | None = None) -> None:
        """Put everything added so far on the disk, for good.

        Args:
            save_state: writes a file of what is carried on to the next sentences.

        Raises:
            OSError: there is no space left.
        """
        require_space(self.folder / ROWS, 0)
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        if save_state:
            save_state(self._state_file(self._added))
            with self._state_file(self._added).open("rb+") as file:
                os.fsync(file.fileno())
        self._added.sha256 = self._hash.hexdigest()
        self._added.write(self.folder)
        self._state_file(self.done).unlink(missing_ok=True)
        self.done = deepcopy(self._added)

    def state(self) -> Path | None:
        """The file that was saved after the sentences that are done."""
        path = self._state_file(self.done)
        return path if path.exists() else None

    def rows(
        self, dtype: np.dtype, pooled: bool, facts: dict[str, str], on_read: Callable[[int], None]
    ) -> FeatureRows:
        """What is done, to be read; see there."""
        done = self.done
        facts = {"layers": ",".join(map(str, done.layers)), **facts}
        counts = done.sentences, done.tokens
        return FeatureRows(self.folder, *counts, tuple(done.shape), dtype, pooled, facts, on_read)

    def finish(self, names: Sequence[str]) -> None:
        """Move files out of the folder to beside it; the last one makes the job complete."""
        for name in names:
            os.replace(self.folder / name, self.folder.with_name(name))
        self.done = Done()

    def _continue(self) -> None:
        """Take up what is there, or begin."""
        if not self.restart:
            self.done = Done.read(self.folder)
        if not self.done.sentences:
            self._clear()
            write_job(self.folder, self.job)
        elif changed := changes(self.folder, self.job):
            raise ValueError(
                f"{self.folder} holds {self.done.sentences:,} sentences of another command. "
                f"Changed since: {changed}. Repeat that command, choose another output, or throw "
                "its work away with `--restart`."
            )
        for name in self.names:
            self.done.sizes.setdefault(name, 0)
        self._added = deepcopy(self.done)

    def _open(self, name: str) -> BinaryIO:
        """A file to append to, without what was not finished."""
        path, size = self.folder / name, self.done.sizes[name]
        file = path.open("ab")
        there = path.stat().st_size
        if there < size:
            file.close()
            raise ValueError(
                f"{path} is damaged: it had {size:,} bytes, now {there:,}. Begin anew with "
                "`--restart`."
            )
        file.truncate(size)
        return file

    def _other_input(self, why: str) -> ValueError:
        return ValueError(
            f"the input is not the one that {self.folder} was begun with: {why}. "
            f"{self.done.sentences:,} sentences are done. Give the same input, choose another "
            "output, or throw this work away with `--restart`."
        )

    def _state_file(self, done: Done) -> Path:
        return self.folder / f"state-{done.sentences}.npz"

    def _refuse_foreign_folder(self) -> None:
        """Files of others are never removed."""
        there = {path.name for path in self.folder.glob("*")}
        if there - {LOCK} and JOB not in there:
            raise ValueError(
                f"{self.folder} is where unfinished work is kept, but holds other files. "
                "Remove it, or choose another output."
            )

    def _clear(self) -> None:
        names = {path.name for path in self.folder.iterdir()} - {LOCK, DONE, JOB}
        for name in (DONE, *names, JOB):  # last what shows that the folder is ours
            (self.folder / name).unlink(missing_ok=True)

    def _remove_if_useless(self) -> None:
        """While the lock is held, so that nobody else's work is removed."""
        if not self.done.sentences:
            shutil.rmtree(self.folder, ignore_errors=True)
