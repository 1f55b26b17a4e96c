"""How a labelled file is read: what is said of it, and what its content tells."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from keras_elmo._values import Align, FileScheme, Format, Offsets
from keras_elmo.data.bad_rows import BadRows
from keras_elmo.files.lines import DataError, TextSource, shown_name

Fields = Mapping[str, Any]
Row = TypeVar("Row")


@dataclass(frozen=True)
class Reading:
    """How a labelled file is read; what is None is told by the file.

    Attributes:
        file_format: its format.
        task: the kind of data, one of `keras_elmo.data.kinds.KINDS`.
        text: column or key of the text, by name or by number from 0, or from -1 for the last; of
            pairs two with a comma between them.
        label: that of the label; several with commas between them.
        sentence: of a table with a token a row, the column that tells sentences apart.
        header: whether the first row holds names.
        delimiter: the character between the fields of a table.
        quotes: whether fields of a table may stand in double quotes, and then hold delimiters, line
            ends and doubled quotes.
        comment: what lines begin with that are passed over, in columns of tokens.
        encoding: a name that Python knows, such as `"cp1252"`.
        label_separator: what stands between several labels in one cell.
        file_scheme: scheme that the tags of spans must be in; `"none"` takes them as plain classes.
        align: what becomes of a span that does not end where a token does.
        offsets: what the places of spans count; needed where the file does not tell.
        tokenizer: what makes tokens of texts with spans.
        skip_bad: leave out rows that cannot be used.
        spellings: how the tags of each column spell spans, as it was told; by the name of the
            column, or `""` for the only one. Scheme and layout, see `TagSpelling`.
        usual: how the data of the training were read. Its columns are taken where the file has
            them and nothing else is said, the rest where the format is the same.
    """

    file_format: Format | None = None
    task: str | None = None
    text: str | None = None
    label: str | None = None
    sentence: str | None = None
    header: bool | None = None
    delimiter: str | None = None
    quotes: bool | None = None
    comment: str | None = None
    encoding: str | None = None
    label_separator: str | None = None
    file_scheme: FileScheme | None = None
    align: Align = "error"
    offsets: Offsets | None = None
    tokenizer: str | None = None
    skip_bad: bool = False
    spellings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    usual: "Reading | None" = None

    def to_json(self) -> dict[str, Any]:
        """What is not as it would be by default, to be remembered."""
        ordinary = Reading()
        return {
            name: value
            for name, value in asdict(self).items()
            if value != getattr(ordinary, name) and name not in ("usual", "skip_bad")
        }


class Record(NamedTuple):
    """A row, whatever its format.

    Attributes:
        line: where it begins in the file, from 1; of formats without lines its number.
        fields: name → value. Of columns of tokens each value is a list.
    """

    line: int
    fields: Fields


@dataclass
class Source:
    """A file that is being read, and what is told about it on the way.

    Attributes:
        path: the file.
        reading: how it is read.
        file_format: its format.
        text: its decoded lines.
        bad: rows that cannot be used.
        names: its columns, in order; empty where each record has its own keys.
        delimiter, quotes: of a table.
        header: whether the first row holds names.
        notes: what was told by the content and may be said otherwise, a line each.
        spellings: as of `Reading`.
        select: the columns that are wanted, once that is known; others need not be read.
        labelled: whether labels are read.
    """

    path: str | Path
    reading: Reading
    file_format: str
    text: TextSource
    bad: BadRows
    names: list[str] = field(default_factory=list)
    delimiter: str | None = None
    quotes: bool | None = None
    header: bool | None = None
    notes: list[str] = field(default_factory=list)
    spellings: dict[str, Sequence[str]] = field(default_factory=dict)
    select: tuple[str, ...] = ()
    labelled: bool = True

    def note(self, line: str) -> None:
        """Keep a line to be said once."""
        if line not in self.notes:
            self.notes.append(line)

    def not_empty(self, rows: Iterable[Row], what: str) -> Iterator[Row]:
        """Pass rows on, and raise an error if there is none: it would be found out too late.

        Raises:
            DataError: of the first bad row, or that there is nothing.
        """
        rows, empty = iter(rows), True
        for row in rows:
            empty = False
            yield row
            yield from rows
        if empty:
            self.bad.finish()
            passed = ", ".join(f"{reason}: {count:,}" for reason, count in self.bad.skipped.items())
            hint = f"Passed over, {passed}." if passed else "Is it the right file?"
            raise DataError(f"{shown_name(self.path)}: the file holds no {what}. {hint}")


Reader = Callable[[Source], Iterator[Record]]
