"""Predictions as files: JSON Lines, columns, and what annotation tools take as suggestions.

What the tools read, by the pages that describe it:

- doccano: JSONL for projects of sequence labelling or text classification; of tags and labels
  together, for intent detection and slot filling (`backend/data_import/pipeline`, its repository).
- Label Studio: "Import pre-annotated data into Label Studio" of its guide. The project has
  `<Text name="text" value="$text"/>` and `<Labels name="label" toName="text">`; for classes it has
  `<Choices name="label" toName="text">`, and of several columns each by its name.
- brat: see `keras_elmo.data.annotation.brat`.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, get_args

from keras_elmo._values import PredictionFormat
from keras_elmo.data.annotation.brat import write_brat
from keras_elmo.data.annotation.offsets import in_utf16
from keras_elmo.data.predictions.column_lines import conll_lines, conllu_lines
from keras_elmo.data.predictions.predicted import (
    Record,
    certainty,
    classes,
    place_of,
    spans,
    tag_columns,
    text_of,
)
from keras_elmo.files.new_file import check_new_file, new_file, refuse_existing
from keras_elmo.text.tags import marks_spans

Lines = Callable[[Iterable[Record]], Iterator[str]]


class PredictionWriter(Protocol):
    """How predictions are written in a format."""

    def check(self, target: Path | None, *, overwrite: bool = False) -> None:
        """Raise where they cannot be written, before they are made.

        Args:
            target: a file or folder; None is standard output.
            overwrite: whether it may be there.
        """
        ...

    def write(
        self, records: Iterable[Record], target: Path | None, *, overwrite: bool = False
    ) -> None:
        """Write records, one by one; a file or folder is there when all of it is.

        Raises:
            ValueError: a record cannot be written in this format.
        """
        ...


@dataclass(frozen=True)
class PredictionFile:
    """A format of one file; `lines` makes its text, a record or a sentence at a time."""

    lines: Lines

    def check(self, target: Path | None, *, overwrite: bool = False) -> None:
        """See `PredictionWriter`."""
        if target is not None:
            check_new_file(target, overwrite=overwrite)

    def write(
        self, records: Iterable[Record], target: Path | None, *, overwrite: bool = False
    ) -> None:
        """See `PredictionWriter`."""
        place = nullcontext(None) if target is None else new_file(target, overwrite=overwrite)
        with place as path:
            to = nullcontext(sys.stdout) if path is None else path.open("w", encoding="utf-8")
            with to as file:
                for line in self.lines(records):
                    file.write(line)


@dataclass(frozen=True)
class BratFolder:
    """A folder of texts and their annotations for brat."""

    def check(self, target: Path | None, *, overwrite: bool = False) -> None:
        """See `PredictionWriter`."""
        refuse_existing(self._folder(target), overwrite)

    def write(
        self, records: Iterable[Record], target: Path | None, *, overwrite: bool = False
    ) -> None:
        """See `PredictionWriter`; a folder in which there are annotations is never replaced."""
        texts = ((text_of(record), [found.span for found in spans(record)]) for record in records)
        write_brat(texts, self._folder(target), overwrite=overwrite)

    @staticmethod
    def _folder(target: Path | None) -> Path:
        if target is None:
            raise ValueError(
                "brat takes a folder of files. Received: no place for it. Name one with --output."
            )
        return target


# === The text of files ===


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _jsonl(records: Iterable[Record]) -> Iterator[str]:
    return (_json(record) + "\n" for record in records)


def _conll(records: Iterable[Record]) -> Iterator[str]:
    return (conll_lines(record["tokens"], [*tag_columns(record).values()]) for record in records)


def _conllu(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        place = place_of(record)
        number = {"sent_id": str(place.get("id", place.get("line")))} if place else {}
        labels = {name: label for name, [label] in classes(record).items()}
        yield conllu_lines(record["tokens"], tag_columns(record), number | labels)


def _places(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a span as an editor in a browser counts it."""
    return in_utf16(text, start), in_utf16(text, end)


def _doccano(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        text, labels = text_of(record), [*chain(*classes(record).values())]
        marked = [[*_places(text, *span[:2]), span[2]] for span, _ in spans(record)]
        if not tag_columns(record):
            found: dict[str, Any] = {"label": labels}
        elif not classes(record):
            found = {"label": marked}
        else:
            found = {"entities": marked, "cats": labels}
        yield _json({**place_of(record), "text": text, **found}) + "\n"


def _label_studio(records: Iterable[Record]) -> Iterator[str]:
    """An array of tasks, as Label Studio reads no lines; its ids must differ in the whole file."""
    before = "[\n"
    for number, record in enumerate(records, 1):
        results = [*_regions(record), *_choices(record)]
        result = [{"id": f"{number}-{i}", **one} for i, one in enumerate(results, 1)]
        score = round(certainty(record), 6)
        prediction = {"model_version": "keras-elmo", "score": score, "result": result}
        data = {**place_of(record), "text": text_of(record)}
        yield before + _json({"data": data, "predictions": [prediction]})
        before = ",\n"
    yield ("[" if before == "[\n" else "\n") + "]\n"


def _regions(record: Record) -> Iterator[dict[str, Any]]:
    text = text_of(record)
    for (start, end, kind), confidence in spans(record):
        place = dict(zip(("start", "end"), _places(text, start, end), strict=True))
        value = {**place, "text": text[start:end], "labels": [kind]}
        names = {"from_name": "label", "to_name": "text", "type": "labels"}
        yield {**names, "value": value, "score": confidence}


def _choices(record: Record) -> Iterator[dict[str, Any]]:
    for name, labels in classes(record).items():
        names = {"from_name": name, "to_name": "text", "type": "choices"}
        yield {**names, "value": {"choices": labels}}


# === All of them ===

JSONL, CONLL, CONLLU, DOCCANO, LABEL_STUDIO, BRAT = get_args(PredictionFormat)
PREDICTION_FILES: dict[str, PredictionFile] = {
    JSONL: PredictionFile(_jsonl),
    CONLL: PredictionFile(_conll),
    CONLLU: PredictionFile(_conllu),
    DOCCANO: PredictionFile(_doccano),
    LABEL_STUDIO: PredictionFile(_label_studio),
}
PREDICTION_FORMATS: dict[str, PredictionWriter] = {**PREDICTION_FILES, BRAT: BratFolder()}


def formats_of_records(labels: Any) -> tuple[str, ...]:
    """The formats of predictions of any kind."""
    return (JSONL,)


def formats_of_classes(labels: Any) -> tuple[str, ...]:
    """Those of texts with classes."""
    return JSONL, DOCCANO, LABEL_STUDIO


def formats_of_tags(labels: Any) -> tuple[str, ...]:
    """Those of tags: annotation tools take the spans of one column.

    Args:
        labels: the labels, or those of each column by its name.
    """
    columns = labels.values() if isinstance(labels, Mapping) else [labels]
    spans = sum(marks_spans(column) for column in columns)
    return (JSONL, CONLL, CONLLU) + ((DOCCANO, LABEL_STUDIO, BRAT) if spans == 1 else ())


def check_format(name: str, allowed: Iterable[str]) -> None:
    """Raise ValueError where predictions cannot be written in a format.

    Args:
        name: the format.
        allowed: what one of the functions above returned.
    """
    if name not in allowed:
        raise ValueError(
            f"these predictions are written as {', '.join(allowed)}. Received: {name!r}. Columns "
            "hold tags, doccano and label-studio the spans of one column of tags or classes of "
            "texts, brat spans."
        )
