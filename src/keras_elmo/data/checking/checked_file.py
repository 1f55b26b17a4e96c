"""A labelled file looked at as a training would read it: what it holds, and what may be wrong."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from keras_elmo.data.checking.checked_labels import (
    Answers,
    CheckedLabels,
    LabelColumns,
    LabelCounts,
    Numbers,
    is_open,
)
from keras_elmo.data.checking.checked_tags import TagCounts
from keras_elmo.data.checking.checked_texts import CheckedTexts, CheckedWords, text_of
from keras_elmo.data.checking.findings import SHOWN, Finding, Place, listed, places
from keras_elmo.data.datasets import CLASSIFICATION
from keras_elmo.data.examples import Examples, open_examples
from keras_elmo.data.formats import FORMATS
from keras_elmo.data.kinds import KINDS, DataKind
from keras_elmo.data.reading import Reading, Source
from keras_elmo.data.tag_columns import check_columns

_OF_SENTENCE = KINDS[CLASSIFICATION]  # a column with a label of the sentence
_LONG = 50  # tokens of a sentence that is hardly all of a file
_STEP = 2000  # rows between two signs of progress


@dataclass
class CheckedFile:
    """What a labelled file holds.

    Attributes:
        path: the file.
        format: its format.
        encoding: of its characters; None where it is no text.
        delimiter: of a table.
        task: the kind of data.
        rows: how many can be used.
        tokens: how many these have; of texts about as many as `--tokenizer words` makes.
        lengths: quantiles of their numbers of tokens.
        labels: label → number of rows, or of tokens; of several columns by name. Of numbers the
            smallest, the mean and the largest.
        spans: type → number of spans.
        scheme: that tags of spans are spelt in.
        skipped: how many rows and lines were passed over, by reason.
        warnings: what may be wrong with it.
        notes: what its content told and may be said otherwise.
        reading: how it was read.
        texts: its texts, to be compared with those of other files.
        classes: its classes with some lines; None where labels are none.
    """

    path: str
    format: str
    encoding: str | None
    delimiter: str | None
    task: str
    rows: int
    tokens: int
    lengths: dict[str, int]
    labels: dict[str, Any]
    spans: dict[str, Any]
    scheme: Any
    skipped: dict[str, int]
    warnings: list[Finding]
    notes: tuple[str, ...]
    reading: Reading
    texts: CheckedTexts = field(repr=False)
    classes: Mapping[Any, Any] | None = field(repr=False)

    @property
    def is_refused(self) -> bool:
        """Whether `train` refuses it."""
        return any(warning.is_refused for warning in self.warnings)

    def compare(self, data: "CheckedFile", *others: "CheckedFile") -> None:
        """Add what is wrong beside other files: texts of theirs, and labels that `data` lacks.

        Args:
            data: what is trained on.
            others: further ones.
        """
        for other in (data, *others):
            self.warnings += self.texts.shared_with(other.texts, other.path)
        if self.classes is None or data.classes is None:
            return
        if new := [name for name in self.classes if name not in data.classes]:
            where = places((line for x in new for line in self.classes[x]), self.texts.place)
            message = f"labels that {data.path} lacks, so that no model knows them: {listed(new)}."
            self.warnings.append(Finding("unknown_labels", len(new), message, where, True))

    def to_json(self) -> dict[str, Any]:
        """Format to warnings, as `keras-elmo check --json` writes them."""
        names = ("format", "encoding", "delimiter", "task", "rows", "tokens", "labels", "spans")
        found = {name: getattr(self, name) for name in (*names, "scheme", "skipped")}
        return found | {"warnings": [warning.to_json() for warning in self.warnings]}


def check_file(
    path: str | Path,
    reading: Reading,
    *,
    known_words: Collection[str] = (),
    is_trained_on: bool = True,
    on_rows: Callable[[int], Any] = lambda rows: None,
) -> CheckedFile:
    """Read a labelled file as a training does, in bounded memory, and look at what it holds.

    Rows that cannot be used are passed over and counted, whatever `reading` says of them; if it
    does not say `skip_bad`, the warning is that they are refused.

    Args:
        path: the file.
        reading: what is said of it.
        known_words: a vocabulary that its words should be of; empty for none.
        is_trained_on: whether its classes are those to be learned.
        on_rows: is told from time to time how many rows were read.

    Raises:
        DataError, ValueError: as `open_examples`; there is no row that can be used.
    """
    examples = open_examples(path, replace(reading, skip_bad=True))
    source = examples.source
    source.bad.most = SHOWN
    words = CheckedWords(known_words, is_whitespace=reading.tokenizer == "whitespace")
    texts = CheckedTexts(_place_of(source))
    rows = iter(examples)
    first = next(rows)
    labels = _labels_of(source, examples.kind, first.y)
    for count, (x, y, line, _) in enumerate(chain([first], rows), 1):
        text = text_of(x)
        tokens = words.add(x, text, line)
        texts.add(text, y, line)
        labels.add(y, tokens, line)
        if count % _STEP == 0:
            on_rows(count)
    labels.tell(source)
    found = [
        *_bad_rows(source, is_refused=not reading.skip_bad),
        *_one_sentence(examples, texts, words),
        *labels.findings(texts.place, is_trained_on=is_trained_on),
        *texts.findings(),
        *words.findings(texts.place, is_tagged=examples.kind.is_tagged),
    ]
    return _report(examples, words, texts, labels, found)


def _report(
    examples: Examples,
    words: CheckedWords,
    texts: CheckedTexts,
    labels: CheckedLabels,
    found: list[Finding],
) -> CheckedFile:
    source = examples.source
    kind, is_text = labels.settled(), "encoding" in FORMATS[source.file_format].takes
    return CheckedFile(
        path=str(source.path),
        format=source.file_format,
        encoding=source.text.encoding if is_text else None,
        delimiter=source.delimiter,
        task=kind.name,
        rows=len(texts),
        tokens=words.tokens,
        lengths=words.quantiles(),
        labels=labels.counts(),
        spans=labels.spans(),
        scheme=labels.scheme(),
        skipped=dict(source.bad.skipped),
        warnings=found,
        notes=tuple(source.notes),
        reading=replace(examples.reading, task=kind.name, skip_bad=False),
        texts=texts,
        classes=labels.classes(),
    )


def _place_of(source: Source) -> Place:
    """Names lines as errors do."""
    return lambda line: _place(source.path, line, source.bad.unit)


def _place(path: str | Path, line: int, unit: str) -> str:
    return f"{path}:{line}" if unit == "line" else f"{path}: {unit} {line}"


def _labels_of(source: Source, kind: DataKind, y: Any, column: str = "") -> CheckedLabels:
    """What counts such labels."""
    if isinstance(y, dict):
        check_columns(source, y)
        kinds = {name: kind if isinstance(x, list) else _OF_SENTENCE for name, x in y.items()}
        columns = {name: _labels_of(source, kinds[name], x, name) for name, x in y.items()}
        return LabelColumns(kind, columns, source)
    if isinstance(y, float):
        return Numbers(kind)
    if kind.is_tagged:
        return TagCounts(kind, column, source.reading.file_scheme)
    return Answers(kind) if is_open(kind) else LabelCounts(kind)


def _bad_rows(source: Source, *, is_refused: bool) -> list[Finding]:
    """A finding for each reason for which rows cannot be used."""
    found = []
    then = "`train` refuses the file without --skip-bad." if is_refused else "Left out."
    for reason in dict.fromkeys(row.reason for row in source.bad.rows):
        rows = [row for row in source.bad.rows if row.reason == reason]
        count = source.bad.skipped[reason]
        message = f"rows that cannot be used: {count:,}. {rows[0].message} {then}"
        where = tuple(_place(row.file, row.line, source.bad.unit) for row in rows)
        found.append(Finding(reason.replace(" ", "_"), count, message, where, is_refused))
    return found


def _one_sentence(examples: Examples, texts: CheckedTexts, words: CheckedWords) -> list[Finding]:
    if len(texts) > 1 or not examples.kind.is_tagged or words.tokens <= _LONG:
        return []
    message = (
        f"the whole file is one sentence of {words.tokens:,} tokens. Are blank lines missing "
        "between its sentences?"
    )
    return [Finding("one_sentence", 1, message, (texts.place(1),))]
