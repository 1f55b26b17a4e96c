"""Label Studio's JSON and JSON_MIN, as flat records.

As "Label Studio Task Format" and "Export annotations" of its guide describe them, and
`convert_to_json_min` of its SDK writes them. Its issue 1347 says what the places of spans count.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from keras_elmo.data.annotation.offsets import UTF16, in_characters
from keras_elmo.data.annotation.parts import (
    Annotations,
    Fields,
    flat_record,
    list_of,
    object_of,
    refuse_relations,
    strings_of,
    text_of,
    without,
)
from keras_elmo.files.lines import count

# === Label Studio ===


def is_label_studio(record: Any) -> bool:
    """Whether this is a task with its annotations, or with predictions."""
    keys = ("annotations", "completions", "predictions")  # the second up to version 0.9
    return (
        isinstance(record, dict)
        and isinstance(record.get("data"), dict)
        and any(isinstance(record.get(key), list) for key in keys)
    )


def label_studio(record: Any, how: Annotations) -> Iterator[dict[str, Any]]:
    """A task with its annotation: the one that is marked as ground truth, else the first one.

    Annotations that were cancelled, further ones of other annotators, and results of other kinds
    than spans and classes are counted.
    """
    record = object_of(record, "a task of Label Studio")
    data = object_of(record.get("data"), "the data of a task")
    number = {"id": record["id"]} if "id" in record else {}  # an `id` of the data goes first
    text = text_of(data, how if "text" in data or how.text else _only_string(data, how))
    if not how.labelled:
        yield {**number, **data, "text": text}
    elif annotation := _chosen(record, how.skipped):
        spans, labels = _results(text, annotation, how)
        yield flat_record(text, spans, {"labels": labels} if labels else {}, {**number, **data})


def _results(text: str, annotation: Fields, how: Annotations) -> tuple[list[Any], list[str]]:
    """The spans and the labels of an annotation."""
    spans: list[Any] = []
    labels: list[str] = []
    for result in list_of(annotation.get("result"), "the result of an annotation"):
        kind = object_of(result, "a result").get("type")
        value = object_of(result.get("value", {}), "the value of a result")
        if kind == "relation":
            refuse_relations(result)
        elif kind == "labels":
            spans += _regions(text, value, how.offsets)
        elif kind == "choices" and "start" not in value:
            labels += strings_of(value.get("choices"), "choices")
        else:
            count(how.skipped, f"{kind} of spans" if kind == "choices" else f"results of {kind}")
    return spans, labels


def _chosen(task: Fields, skipped: Counter[str]) -> Fields | None:
    """The annotation of a task that counts; None of a task without one."""
    found = list_of(task.get("annotations", task.get("completions", [])), "annotations")
    found = [object_of(annotation, "an annotation") for annotation in found]
    done = [one for one in found if not (one.get("was_cancelled") or one.get("skipped"))]
    count(skipped, "cancelled annotations", len(found) - len(done))
    if not done:
        count(skipped, "tasks without an annotation")
        return None
    count(skipped, "further annotations of a text", len(done) - 1)
    return next((one for one in done if one.get("ground_truth")), done[0])


def _only_string(data: Fields, how: Annotations) -> Annotations:
    names = [name for name, value in data.items() if isinstance(value, str) and name != "id"]
    return replace(how, text=names[0]) if len(names) == 1 else how


def _regions(text: str, value: Fields, offsets: str | None) -> list[Any]:
    """The spans of a region, one for each of its types."""
    quoted = value["text"] if isinstance(value.get("text"), str) else None
    place = in_characters(
        text, value.get("start"), value.get("end"), quoted=quoted, offsets=offsets or UTF16
    )
    return [(*place, kind) for kind in value.get("labels") or [None]]


def _is_regions(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return is_list and "labels" in value[0] and "start" in value[0]


def _is_choices(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("choices"), list)


def is_label_studio_min(record: Any) -> bool:
    """Whether this is an annotation of JSON_MIN that marks spans or has several choices."""
    return (
        isinstance(record, dict)
        and "annotation_id" in record
        and any(_is_regions(value) or _is_choices(value) for value in record.values())
    )


def label_studio_min(record: Any, how: Annotations) -> Iterator[dict[str, Any]]:
    """An annotation; one choice alone stands there as a string, as an ordinary column does."""
    record = object_of(record, "an annotation of Label Studio")
    text = text_of(record, how)
    regions = [name for name, value in record.items() if _is_regions(value)]
    choices = [name for name, value in record.items() if _is_choices(value)]
    others = without(record, *regions, *choices)
    if not how.labelled:
        yield {**others, "text": text}
        return
    spans = [
        span
        for name in regions
        for value in record[name]
        for span in _regions(text, object_of(value, "a region"), how.offsets)
    ]
    labels = [x for name in choices for x in strings_of(record[name]["choices"], "choices")]
    yield flat_record(text, spans, {"labels": labels} if labels else {}, others)
