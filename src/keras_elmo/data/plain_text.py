"""Sentences without labels whose numbers count: what `embed` and `score` read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from keras_elmo.data.examples import open_examples
from keras_elmo.data.reading import Reading
from keras_elmo.files.lines import STANDARD_INPUT, DataError
from keras_elmo.text.tokenizers import get_tokenizer


def read_sentences(path: str | Path, reading: Reading | None = None) -> Iterator[str | list[str]]:
    """Stream sentences, or the texts of a table or records, each of which is numbered.

    Raises:
        DataError: a blank line of plain text, which would shift the numbers of all that follow; a
            row that cannot be used; an empty file.
    """
    examples = open_examples(path, replace(reading or Reading(), skip_bad=False), labelled=False)
    is_plain, number = examples.source.file_format == "txt", 0
    for number, example in enumerate(examples, 1):
        if is_plain and example.line != number:
            raise _blank(path, number)
        yield example.x
    if is_plain and examples.source.bad.skipped:
        raise _blank(path, number + 1)


def _blank(path: str | Path, line: int) -> DataError:
    message = "empty sentence. Remove the line, or give it a word: lines number the output."
    return DataError.at(path, line, message)


def read_token_lists(
    path: str | Path, reading: Reading | None = None, *, tokenizer: str = "whitespace"
) -> Iterator[list[str]]:
    """Stream the sentences of `read_sentences` as tokens."""
    split = get_tokenizer(tokenizer)
    for sentence in read_sentences(path, reading):
        yield split(sentence) if isinstance(sentence, str) else sentence


def count_sentences(path: str | Path, reading: Reading | None = None) -> int | None:
    """How many sentences `read_sentences` will give; None for what can be read only once.

    Raises:
        DataError: as `read_sentences`.
    """
    is_pipe = Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())
    if is_pipe or str(path) == STANDARD_INPUT:
        return None
    counted: Any = read_sentences(path, reading)
    return sum(1 for _ in counted)
