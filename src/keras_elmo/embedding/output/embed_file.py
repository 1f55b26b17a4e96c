"""Sentences → a file of features, in flat memory; a run that ended in any way can go on."""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from keras_elmo.embedding.feature_files import (
    WITH_TOKENS,
    feature_format,
    feature_writer,
    output_files,
)
from keras_elmo.embedding.output.feature_choice import FeatureChoice
from keras_elmo.embedding.output.job_records import Job
from keras_elmo.embedding.output.unfinished import UnfinishedFeatures
from keras_elmo.files.new_file import check_place
from keras_elmo.files.space import require_space

# What a kill loses at most; a stateful ELMo commits after so many batches instead.
_CHUNK_TOKENS, _CHUNK_SENTENCES, _CHUNK_BATCHES = 65_536, 4096, 32
_ENTRY = 1_000  # bytes that a format may need for a sentence beside its numbers


@dataclass(frozen=True)
class FeatureSource:
    """Computes the features of sentences.

    Args:
        embed: takes sentences and gives for each float32 `(tokens, all layers, 2P)`, in order.
        num_layers: number of LSTM layers.
        save_state, load_state: write to a file, and read from it, what is carried from chunk to
            chunk, so that another process can go on: the states of a stateful ELMo, or the words
            remembered.
    """

    embed: Callable[[Iterable[Sequence[str]]], Iterator[np.ndarray]]
    num_layers: int
    save_state: Callable[[Path], None] | None = None
    load_state: Callable[[Path], None] | None = None


class EmbedProgress:
    """Hears of the progress; this one does nothing."""

    def on_continue(self, sentences: int, tokens: int) -> None:
        """So many sentences and tokens were done before."""

    def on_start(self) -> None:
        """The ELMo is loaded and begins to compute."""

    def on_sentence(self, tokens: int) -> None:
        """Another sentence was computed."""

    def on_write(self, num_bytes: int) -> None:
        """All features are computed: the output is now written from so many bytes."""

    def on_written(self, num_bytes: int) -> None:
        """So many more bytes are written."""


def embed_file(
    output: Path,
    sentences: Iterable[Sequence[str]],
    load_engine: Callable[[], FeatureSource],
    choice: FeatureChoice,
    *,
    job: Job,
    to: str | None = None,
    batch_size: int = 32,
    chunk_sentences: int = _CHUNK_SENTENCES,
    overwrite: bool = False,
    restart: bool = False,
    progress: EmbedProgress | None = None,
) -> tuple[int, int]:
    """Write the features of all sentences.

    Until it is complete the work is kept in the folder `OUTPUT.unfinished`; called again with the
    same arguments after a crash, this goes on where it was. The result is the same to the bit,
    because sentences are computed in chunks that do not depend on where it was interrupted.

    Args:
        output: the file to write.
        sentences: token lists, read once.
        load_engine: loads the ELMo; called when there is something to compute.
        choice: the features that are kept.
        job: everything else that shapes the numbers (engine, ...): a string `model` that identifies
            the weights, `model_name` for people, and `stateful`.
        to: the format of the output; by default that of the ending of its name.
        batch_size: the batch size of a stateful ELMo.
        chunk_sentences: how many sentences are computed and committed together, at most.
        overwrite: whether an existing output is replaced.
        restart: whether unfinished work is thrown away.
        progress: hears of the progress.

    Returns:
        The number of sentences and of tokens.

    Raises:
        ValueError: the unfinished work belongs to other arguments or another input, or another
            process is at it; a choice that the ELMo does not have.
        FileExistsError: there is an output.
        OSError: there is no space left; what is done is kept.
        ImportError: the format needs an extra.
    """
    check_place(output)
    to = feature_format(output, to)
    write = feature_writer(to)
    names = [file.name for file in output_files(output, to, pooled=choice.pooled)]
    progress = progress or EmbedProgress()
    everything: Job = {**asdict(choice), "to": to, **job}
    how = {"keep_tokens": to in WITH_TOKENS, "overwrite": overwrite, "restart": restart}
    work = UnfinishedFeatures(output, names, everything, **how)
    with _nothing_is_lost(work), work:
        rest = iter(sentences)
        work.skip_done(rest)
        if work.done.sentences:
            progress.on_continue(work.done.sentences, work.done.tokens)
        if not work.finished:
            chunks = _chunks(rest, chunk_sentences, 1)
            if job.get("stateful"):
                chunks = _full_batches(rest, work.done.sentences, batch_size)
            _compute(chunks, load_engine, choice, work, progress)
            facts = {key: str(everything.get(key, "")) for key in ("mix", "pool", "model_name")}
            rows = work.rows(choice.number_type, choice.pooled, facts, progress.on_written)
            progress.on_write(rows.num_bytes)
            path = work.folder / output.name
            require_space(path, rows.num_bytes + _ENTRY * rows.num_sentences)
            write(path, rows)
            work.finish()
    return work.done.sentences, work.done.tokens


def _compute(
    chunks: Iterator[list[Sequence[str]]],
    load_engine: Callable[[], FeatureSource],
    choice: FeatureChoice,
    work: UnfinishedFeatures,
    progress: EmbedProgress,
) -> None:
    engine = None
    for chunk in chunks:
        if engine is None:
            engine = load_engine()
            if engine.load_state and (state := work.state()):
                engine.load_state(state)
            work.set_layers(choice.check(engine.num_layers))
            progress.on_start()
        for tokens, features in zip(chunk, engine.embed(chunk), strict=True):
            kept = choice.of(features)
            work.add(tokens, kept, kept.shape if choice.pooled else kept.shape[1:])
            progress.on_sentence(len(tokens))
        work.commit(engine.save_state)


def _full_batches(
    sentences: Iterator[Sequence[str]], done: int, batch_size: int
) -> Iterator[list[Sequence[str]]]:
    """Chunks for a stateful ELMo, whose rows go on with the sentences that follow.

    Raises:
        ValueError: the last batch that is done was not full, so they follow other ones.
    """
    for chunk in _chunks(sentences, batch_size * _CHUNK_BATCHES, batch_size):
        if done % batch_size:
            raise ValueError(
                f"the input has become longer than its {done:,} sentences that are done, and with "
                "`--stateful` the batches would be others. Use `--restart`."
            )
        yield chunk


def _chunks(
    sentences: Iterator[Sequence[str]], size: int, step: int
) -> Iterator[list[Sequence[str]]]:
    """Sentences that are computed and committed together: a bounded number of tokens.

    Args:
        size: a chunk has so many sentences at most.
        step: and a multiple of so many sentences; a stateful ELMo has to begin each with
            the first row of a batch.
    """
    chunk, tokens = [], 0
    for number, sentence in enumerate(sentences, 1):
        if not sentence:
            raise ValueError(f"sentence {number} after what is done has no tokens. Remove it.")
        chunk.append(sentence)
        tokens += len(sentence)
        if len(chunk) == size or (tokens >= _CHUNK_TOKENS and len(chunk) % step == 0):
            yield chunk
            chunk, tokens = [], 0
    if chunk:
        yield chunk


@contextmanager
def _nothing_is_lost(work: UnfinishedFeatures) -> Iterator[None]:
    """Add to the error of a full disk that nothing is lost."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError: h5py, when it closes a file
        full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
        if not (full and work.done.sentences):
            raise
        raise OSError(
            f"No space left on device. {work.folder} keeps the {work.done.sentences:,} sentences "
            "that are done, and the same command (without `--restart`) goes on after them."
        ) from error
