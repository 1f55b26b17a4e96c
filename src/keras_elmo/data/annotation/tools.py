"""What annotation tools write into JSON, as flat records of texts with spans and labels.

The formats of doccano are those of the examples and `label.py` in `backend/data_import/pipeline` of
its repository (its issue 2290 says what the places of spans count), that of Prodigy is in
"Annotation interfaces" of its documentation. For the others see `label_studio` and `spacy_json`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from reprlib import repr as short
from typing import Any, NamedTuple

from keras_elmo.data.annotation.label_studio import (
    is_label_studio,
    is_label_studio_min,
    label_studio,
    label_studio_min,
)
from keras_elmo.data.annotation.offsets import CHARACTERS
from keras_elmo.data.annotation.parts import (
    Annotations,
    Fields,
    flat_record,
    is_span,
    list_of,
    object_of,
    refuse_relations,
    span_of,
    strings_of,
    text_of,
    without,
)
from keras_elmo.data.annotation.spacy_json import (
    is_spacy,
    is_spacy_document,
    spacy_document,
    spacy_example,
)
from keras_elmo.data.bad_rows import RowError
from keras_elmo.files.lines import count


class AnnotationTool(NamedTuple):
    """A tool, or one of its formats.

    Attributes:
        name: as people know it.
        wrote: whether a record has the shape that this tool gives it.
        read: a record as flat ones.
    """

    name: str
    wrote: Callable[[Any], bool]
    read: Callable[[Any, Annotations], Iterable[dict[str, Any]]]


def annotation_tool(record: Any) -> AnnotationTool | None:
    """The tool whose shape a record has; None for all others.

    A text of which nothing is marked is no sign: `{"text": "…", "label": []}` may mean no spans or
    no labels. So this is asked of the first records of a file, and the answer holds for the rest.
    """
    for tool in TOOLS:
        if tool.wrote(record):
            return tool
    return None


def annotation_records(
    record: Any, tool: AnnotationTool | None = None, how: Annotations | None = None
) -> list[Any]:
    """A record of an annotation tool as flat ones; any other record as it is.

    Args:
        record: what JSON holds, a line or an item of an array.
        tool: what wrote it; None tells it by its shape.
        how: what is said of it.

    Returns:
        One record mostly. Of a document of spaCy one a sentence; none of what an annotator has
        skipped or rejected, which is counted. Beside the fields of the record itself, without those
        that are read:

        - `text`, and `spans`: `(start, end, type)` in characters, in order. Where a text has
          labels and no spans, `spans` is missing.
        - `labels`: the classes of the text; `label` where the tool knows a single one.
        - `tokens` and `tags` (BILUO) instead of text and spans, of a document of spaCy.

    Raises:
        RowError: what is not as the tool writes it, spans that overlap or do not lie in their
            text, relations.
    """
    tool = tool or annotation_tool(record)
    return [record] if tool is None else list(tool.read(record, how or Annotations()))


# === doccano ===

# Without and with relations; projects of intents and slots call the labels of the text `cats`.
_DOCCANO = ("label", "labels", "entities")


def _is_doccano(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    columns = [record[name] for name in _DOCCANO if name in record]
    return any(isinstance(items, list) and items and is_span(items[0]) for items in columns)


def _doccano(record: Any, how: Annotations) -> Iterator[dict[str, Any]]:
    record = object_of(record, "a text with spans")
    text, others = text_of(record, how), without(record, *_DOCCANO, "cats", "relations")
    if not how.labelled:
        yield {**others, "text": text}
        return
    refuse_relations(record.get("relations"))
    items = [item for name in _DOCCANO for item in list_of(record.get(name, []), name)]
    labels = {"labels": strings_of(record["cats"], "cats")} if "cats" in record else {}
    spans = [span_of(text, item, how.offsets) for item in items]
    yield flat_record(text, spans, labels, others)


# === Prodigy ===

_ANSWERS = ("accept", "reject", "ignore")
_PRODIGY = ("spans", "tokens", "relations", "answer", "accept", "options", "label")


def _is_prodigy(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    spans = record.get("spans")
    if isinstance(spans, list) and spans and isinstance(spans[0], dict) and is_span(spans[0]):
        return True
    return "text" in record and str(record.get("answer")) in _ANSWERS


def _prodigy(record: Any, how: Annotations) -> Iterator[dict[str, Any]]:
    """A task that was accepted; its own tokens are left out, as new texts will not have such."""
    record = object_of(record, "a task of Prodigy")
    if not how.labelled:
        yield {**without(record, *_PRODIGY), "text": text_of(record, how)}
    elif _is_accepted(record, how.skipped):
        text = text_of(record, how)
        refuse_relations(record.get("relations"))
        labels = {"label": record["label"]} if isinstance(record.get("label"), str) else {}
        if "accept" in record:  # several options to choose from
            labels["labels"] = [str(choice) for choice in list_of(record["accept"], "accept")]
        items = list_of(record.get("spans") or [], "spans")
        spans = [span_of(text, item, CHARACTERS) for item in items]
        yield flat_record(text, spans, labels, without(record, *_PRODIGY))


def _is_accepted(task: Fields, skipped: Counter[str]) -> bool:
    answer = task.get("answer", "accept")
    if answer not in _ANSWERS:
        message = f"an answer is one of {', '.join(_ANSWERS)}. Received: {short(answer)}."
        raise RowError("no answer of Prodigy", message)
    if answer == "accept" and task.get("_view_id") == "ner":
        raise RowError(
            "one suggested span",
            "Prodigy's `ner` interface asks about one span; the others of the text are not known. "
            "Annotate whole texts, with ner.manual or ner.correct.",
        )
    if answer != "accept":
        count(skipped, f"answered {answer!r} in Prodigy")
    return answer == "accept"


TOOLS = (
    AnnotationTool("doccano", _is_doccano, _doccano),
    AnnotationTool("Prodigy", _is_prodigy, _prodigy),
    AnnotationTool("Label Studio", is_label_studio, label_studio),
    AnnotationTool("Label Studio (min)", is_label_studio_min, label_studio_min),
    AnnotationTool("spaCy", is_spacy, spacy_example),
    AnnotationTool("spaCy's documents", is_spacy_document, spacy_document),
)
