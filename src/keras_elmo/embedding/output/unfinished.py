"""The features of a job that is under way, kept so that it goes on after any kind of end.

The work folder of the output holds the plain files that `FeatureRows` reads, and `done.json`: all
that shapes the numbers, how many sentences are done, a hash over them, and the sizes of the files
at that moment. It is replaced only after the files are on the disk, so whatever stands behind those
sizes was not finished, and is cut off. At the end it names the files of the output, which are then
moved to their places, and is the last to be removed: whoever comes in between completes that.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from keras_elmo.embedding.output.feature_rows import LENGTHS, ROWS, TOKENS, FeatureRows
from keras_elmo.embedding.output.job_records import DONE, Done, Job, sentence_line
from keras_elmo.files.new_file import check_new_file
from keras_elmo.files.space import require_space
from keras_elmo.files.work_folder import clear, work_folder, work_path

_VERSION = 1  # of these files, and of how sentences are cut into chunks


class UnfinishedFeatures:
    """A folder to which features are added sentence by sentence; use it as a context.

    It disappears at the end of the context unless sentences are done and not yet `finish`ed.

    Args:
        output, overwrite, restart: as of `embed_file`; the work is in the output's work folder.
        names: names of the files that make the output, the one that was asked for last.
        job: everything that shapes the numbers; `model_name` is for people.
        keep_tokens: whether the tokens are written, too.

    Attributes:
        folder: the work folder.
        finished: whether the same job had come to its end, and its files are in their places.

    Raises:
        FileExistsError: there is an output, or somebody else's files are in the folder.
        ValueError: another command works in the folder, it belongs to another job, or it is
            damaged.
    """

    def __init__(
        self,
        output: Path,
        names: Sequence[str],
        job: Job,
        *,
        keep_tokens: bool,
        overwrite: bool = False,
        restart: bool = False,
    ) -> None:
        self.output, self.overwrite, self.restart = output, overwrite, restart
        self.folder, self.finished = work_path(output), False
        self.job: Job = {"version": _VERSION, **job}
        self._outputs = list(names)
        self.names = [ROWS, LENGTHS, *([TOKENS] if keep_tokens else [])]
        self.done, self._added = Done(), Done()
        self._hash = hashlib.sha256()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(work_folder(self.output))
            self.done = Done.read(self.folder, restart=self.restart)
            stack.callback(self._remove_if_useless)
            self._continue()
            if not self.finished:
                self._files = {name: stack.enter_context(self._open(name)) for name in self.names}
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

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
        if self.finished and next(sentences, None) is not None:
            raise self._other_input("it has more sentences")
        if self._hash.hexdigest() != self.done.sha256:
            raise self._other_input("its sentences are others")

    def set_layers(self, layers: Sequence[int]) -> None:
        """Say which layers are kept."""
        self._added.layers = list(layers)

    def add(self, tokens: Sequence[str], row: np.ndarray, shape: Sequence[int]) -> None:
        """Add a sentence; it counts from the next `commit` on.

        Args:
            tokens: the tokens of the sentence.
            row: the features of the sentence, contiguous.
            shape: the shape of one row of the features.
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
            save_state: writes what is carried on to the next sentences to a file.

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
        """The features that are done, to be read."""
        done = self.done
        facts = {"layers": ",".join(map(str, done.layers)), **facts}
        counts = done.sentences, done.tokens
        return FeatureRows(self.folder, *counts, tuple(done.shape), dtype, pooled, facts, on_read)

    def finish(self) -> None:
        """Move the output's files out of the folder to beside it."""
        self.done.outputs = self._outputs
        self.done.write(self.folder)
        self._move_outputs()

    def _continue(self) -> None:
        """Go on with the work that is there, or begin anew."""
        if self.done.outputs:
            self._move_outputs()
            there = all(self.output.with_name(name).exists() for name in self.done.outputs)
            self.finished = there and not self.done.changes(self.job)
            if self.finished:
                return
        for name in self._outputs:
            check_new_file(self.output.with_name(name), overwrite=self.overwrite)
        if self.restart or self.done.outputs or not self.done.sentences:
            self.done = Done(self.job)
            (self.folder / DONE).unlink(missing_ok=True)  # first, for it says what the others are
            clear(self.folder)
        elif changed := self.done.changes(self.job):
            raise ValueError(
                f"{self.folder} holds {self.done.sentences:,} sentences of another command. "
                f"Changed since: {changed}. Repeat that command, choose another output, or throw "
                "its work away with `--restart`."
            )
        for name in self.names:
            self.done.sizes.setdefault(name, 0)
        self._added = deepcopy(self.done)

    def _move_outputs(self) -> None:
        for name in self.done.outputs:
            if (self.folder / name).exists():  # else a command that was killed has moved it
                os.replace(self.folder / name, self.output.with_name(name))

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

    def _remove_if_useless(self) -> None:
        """Remove a folder without work; the lock is held, so it is nobody else's."""
        if self.done.outputs or not self.done.sentences:
            clear(self.folder, keep=DONE)
            (self.folder / DONE).unlink(missing_ok=True)
