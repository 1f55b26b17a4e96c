"""Examples of a labelled file, streamed or as a data set: its kind, columns and tags are told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from keras_elmo._values import Tokenizer
from keras_elmo.data import roles
from keras_elmo.data.annotation.parts import Annotations, list_of, text_of
from keras_elmo.data.annotation.spans import checked_spans, tokens_and_tags
from keras_elmo.data.bad_rows import BadRows, RowError
from keras_elmo.data.datasets import (
    CLASSIFICATION,
    JOINT,
    MULTI_LABEL,
    PAIR,
    QA,
    SEQ2SEQ,
    TAGGING,
    Dataset,
)
from keras_elmo.data.formats import open_records
from keras_elmo.data.kinds import KINDS, UNDECIDED, DataKind, check_kind
from keras_elmo.data.reading import Fields, Reading, Record, Source
from keras_elmo.data.roles import Columns
from keras_elmo.data.tag_columns import labels_in_bio
from keras_elmo.files.lines import DataError
from keras_elmo.text.tokenizers import get_tokenizer

_TOKENIZER: Tokenizer = "words"  # of texts with spans


class Example(NamedTuple):
    """A row by its roles.

    Attributes:
        x: what is predicted on: a text, its tokens, or a tuple of two texts.
        y: what is to be predicted; None where it is not read.
        line: where it begins in the file.
        id: what identifies it; None where the file has nothing such.
    """

    x: Any
    y: Any
    line: int
    id: str | None = None


@dataclass
class Examples:
    """The examples of a file, one by one, and what was told about it.

    Attributes:
        source: the file.
        kind: what its labels are for.
        columns: the columns of its roles.
    """

    source: Source
    kind: DataKind
    columns: Columns
    labelled: bool
    _records: Iterator[Record]

    def __iter__(self) -> Iterator[Example]:
        """The examples, once.

        Raises:
            DataError: file and line of what cannot be used, and how many more rows there are.
        """
        bad = self.source.bad
        yield from self.source.not_empty(bad.good(self._usable()), "rows that can be used")

    def _usable(self) -> Iterator[Example]:
        kind, columns, how, bad = self.kind, self.columns, self.source.reading, self.source.bad
        read, target, is_unique = kind.read, kind.target, kind.unique_ids
        seen: set[str | None] = {None}
        for line, fields in self._records:
            name = _id(fields, columns) if columns.id else None
            try:
                if is_unique and name in seen and name is not None:
                    message = (
                        f"its id stands in the file twice. Received: {name!r}. Make it unique."
                    )
                    raise RowError("id twice", message)
                x = read(fields, columns)
                y = target(fields, columns, x, how) if self.labelled else None
            except RowError as error:
                bad.add(line, _with_id(error, name, bad), fields)
                continue
            if is_unique:
                seen.add(name)
            yield Example(x, y, line, name)

    @property
    def reading(self) -> Reading:
        """How the file is read, with all that its content told."""
        source, columns = self.source, self.columns
        targets = [f"{name}={c}" if name != c else c for name, c in columns.target.items()]
        return replace(
            source.reading,
            file_format=None if source.file_format == "hf" else source.file_format,
            text=",".join(columns.inputs),
            label=",".join(targets) or source.reading.label,
            delimiter=source.delimiter,
            quotes=source.quotes,
            header=source.header,
            spellings=source.spellings,
            usual=None,
        )


def _with_id(error: RowError, name: str | None, bad: BadRows) -> RowError:
    """The error with the row's id, where lines say nothing."""
    if name is None or bad.unit == "line":
        return error
    return RowError(error.reason, f"id {name!r}: {error}")


def _id(fields: Fields, columns: Columns) -> str | None:
    found = None if columns.id is None else fields.get(columns.id)
    return str(found) if isinstance(found, str | int) else None


def open_examples(path: str | Path, reading: Reading, *, labelled: bool = True) -> Examples:
    """A file as examples.

    Args:
        path: the file, `-` for standard input, or a data set of the hub, `hf://user/name:train`.
        reading: what is said of it. Without a `task` the data tell it: several label columns are
            joint (of a table multi-label), tokens with as many tags and texts with spans are
            tagging, a question beside a passage is qa, two texts are a pair, lists of labels are
            multi-label; anything else is classification.
        labelled: whether there are labels, and they are read.

    Raises:
        DataError: no such column, no rows.
        ValueError: an unknown format or task, or what is said does not fit the format.
    """
    bare = _two_columns(path, reading, labelled=labelled)
    source, records = open_records(path, bare, labelled=labelled)
    records = source.not_empty(records, "rows that can be used")
    begun = [next(records)]
    _check_format(source, begun[0], bare=bare is not reading)
    names = list(source.names)
    names += [name for name in begun[0].fields if name not in names]  # comments, keys in MISC
    kind = _kind(source, names, begun[0].fields)
    records, reading = chain(begun, records), source.reading
    if _has_spans(begun[0].fields) and kind.is_tagged and labelled:
        records, names, reading = _tagged(source, records), ["tokens", "tags"], Reading()
    places = source.names if _is_by_tokens(source, begun[0].fields) else []
    columns = roles.choose_columns(path, names, reading, kind.wanted, places, labelled=labelled)
    _check_columns(source, kind, columns)
    source.select = tuple(
        dict.fromkeys(n for n in (*columns.inputs, *columns.target.values(), columns.id) if n)
    )
    return Examples(source, kind, columns, labelled, records)


def _check_format(source: Source, first: Record, *, bare: bool) -> None:
    """Refuse labels in plain text, and more or fewer than two columns where these have no names."""
    if source.labelled and source.file_format == "txt":
        raise ValueError(
            f"{source.path} must be in a format that holds labels: csv, tsv, jsonl, conll or "
            "parquet. Received: plain text. Name the format with `--format`, or what stands "
            "between text and label with `--delimiter`."
        )
    if bare and len(source.names) != 2:
        raise DataError.at(
            source.path,
            first.line,
            "expected two columns with a tab between them and no header. Received: "
            f"{len(source.names)}. Choose two by number or name, with --text"
            f"{' and --label' if source.labelled else ' A,B'}.",
        )


def _check_columns(source: Source, kind: DataKind, columns: Columns) -> None:
    """Refuse tags from the column of the tokens, and CoNLL-U without a column of tags."""
    if not (kind.is_tagged and columns.target):
        return
    if kind.name == JOINT and not (source.reading.label or source.reading.usual):
        raise roles.no_columns(None)
    if source.file_format == "conllu" and not source.reading.label and not source.reading.usual:
        raise ValueError(
            f"{source.path}: CoNLL-U has several columns of tags. Received: no label column. Name "
            "one, or several with commas, with --label: a field such as UPOS, or a key in MISC."
        )
    [tokens] = columns.inputs
    if tokens in columns.target.values():
        raise ValueError(
            f"{source.path}: tokens and tags must be different columns. Received: {tokens!r} as "
            "both. Name them with --text and --label."
        )


def _two_columns(path: str | Path, reading: Reading, *, labelled: bool) -> Reading:
    """Two columns of text with a tab between them, which need no names, no header and no quotes."""
    of_pairs = reading.task == SEQ2SEQ and labelled
    if reading.task in KINDS and KINDS[reading.task].is_pair and not labelled:
        of_pairs = True
    return reading if not of_pairs else _without_names(path, reading)


def _without_names(path: str | Path, reading: Reading) -> Reading:
    name = Path(path).name.lower()
    is_plain = reading.file_format in (None, "tsv", "txt") and not name.endswith(
        (".csv", ".jsonl", ".json", ".ndjson", ".parquet")
    )
    said = (reading.text, reading.label, reading.header, reading.delimiter)
    if not is_plain or any(said) or str(path).startswith("hf:/"):
        return reading
    columns = {"text": "0", "label": "1"} if reading.task == SEQ2SEQ else {"text": "0,1"}
    return replace(
        reading, file_format="tsv", delimiter="\t", quotes=False, header=False, **columns
    )


def _kind(source: Source, names: list[str], first: Fields) -> DataKind:
    """The kind that is said, else what the first record looks like."""
    reading = source.reading
    if reading.task is not None:
        return check_kind(reading.task)
    if "question" in first and "answers" in first:
        return KINDS[QA]
    several = "," in (reading.label or "") and reading.label not in names
    has_lists = any(isinstance(value, list) for value in first.values())
    if _is_by_tokens(source, first) or _has_tags(reading, first) or (several and has_lists):
        return KINDS[JOINT if several else TAGGING]
    if _has_spans(first):
        return KINDS[TAGGING]
    if several:
        return KINDS[MULTI_LABEL]
    if "," in (reading.text or "") or _is_pair(names):
        source.note("two texts in each row: --task pair")
        return KINDS[PAIR]
    return UNDECIDED


def _is_by_tokens(source: Source, fields: Fields) -> bool:
    """Whether each column holds a list, a value for each token."""
    return (
        bool(source.names)
        and isinstance(fields[source.names[-1]], list)
        and (source.file_format in ("conll", "conllu") or source.delimiter is not None)
    )


def _has_spans(fields: Fields) -> bool:
    return "spans" in fields and isinstance(fields.get("text"), str)


def _has_tags(reading: Reading, fields: Fields) -> bool:
    """Whether a record holds as many tags as tokens."""
    tokens = [reading.text] if reading.text else roles.TOKEN_NAMES
    tags = [reading.label] if reading.label else (*roles.TAG_NAMES, *roles.LABEL_NAMES)
    lists = [fields[n] for n in tokens if isinstance(fields.get(n), list)]
    others = [n for n in tags if isinstance(fields.get(n), list)]
    if not (lists and others):
        return False
    is_named = not reading.label and others[0] in roles.TAG_NAMES
    return is_named or len(lists[0]) == len(fields[others[0]])


def _is_pair(names: list[str]) -> bool:
    there = {name.lower() for name in names}
    return "text" not in there and any(there.issuperset(pair) for pair in roles.PAIR_COLUMNS)


def _tagged(source: Source, records: Iterator[Record]) -> Iterator[Record]:
    """Texts with spans as tokens with tags."""
    tokenizer = get_tokenizer(source.reading.tokenizer or _TOKENIZER)
    misaligned = 0
    for line, fields in records:
        try:
            text = text_of(fields, Annotations())
            roles.text(text)  # not a blank one
            spans = checked_spans(text, list_of(fields.get("spans", []), "spans"))
            found = tokens_and_tags(text, spans, tokenizer, source.reading.align)
        except RowError as error:
            path = fields["file"] if source.file_format == "brat" else None
            source.bad.add(line, error, fields, path)
            continue
        misaligned += len(found.misaligned)
        if found.misaligned:
            source.notes = [n for n in source.notes if "do not end where tokens do" not in n]
            source.note(f"spans that do not end where tokens do: {misaligned:,} (--align)")
        yield Record(line, {**fields, "tokens": found.tokens, "tags": found.tags})


# === In memory ===


def read_dataset(path: str | Path, reading: Reading = Reading()) -> Dataset:  # noqa: B008
    """Read a labelled file whole; arguments and errors as of `open_examples`.

    Tags of spans become BIO, however they are spelt.

    Example:
        >>> read_dataset("reviews.csv", Reading(text="review", label="stars")).classes()
    """
    examples = open_examples(path, reading)
    rows = list(examples)
    texts, labels, lines, ids = (list(column) for column in zip(*rows, strict=True))
    source, kind = examples.source, examples.kind
    if kind.is_tagged:
        labels = labels_in_bio(source, lines, labels)
    elif any(isinstance(names, list) for names in labels):
        kind, labels = settle(kind, labels)
    return kind.dataset(
        str(path),
        kind.name,
        texts,
        labels,
        lines,
        skipped=dict(source.bad.skipped),
        bad_rows=source.bad.rows,
        reading=replace(examples.reading, task=kind.name),
        notes=tuple(source.notes),
        ids=[] if None in ids else ids,
    )


def settle(kind: DataKind, labels: list[Any]) -> tuple[DataKind, list[Any]]:
    """The kind that labels turn out to be for, and the labels in its form.

    Lists of one label each are one label, unless several are asked for.
    """
    several = any(isinstance(names, list) and len(names) != 1 for names in labels)
    if kind not in (UNDECIDED, KINDS[PAIR]):
        return kind, labels
    if not several:
        kind = KINDS[CLASSIFICATION] if kind == UNDECIDED else kind
        return kind, [names[0] if isinstance(names, list) else names for names in labels]
    kind = KINDS[MULTI_LABEL] if kind == UNDECIDED else kind
    return kind, [names if isinstance(names, list) else [names] for names in labels]
