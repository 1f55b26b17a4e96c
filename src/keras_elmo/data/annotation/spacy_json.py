"""The training data of spaCy 2 in JSON, as flat records.

As "Data formats" (JSON training format, deprecated in v3) of its documentation describes them, and
"Annotation Specifications" of that of version 2.
"""

from collections.abc import Iterator
from reprlib import repr as short
from typing import Any

from keras_elmo.data.annotation.offsets import CHARACTERS
from keras_elmo.data.annotation.parts import (
    Annotations,
    flat_record,
    list_of,
    object_of,
    span_of,
    strings_of,
    text_of,
)
from keras_elmo.data.bad_rows import RowError
from keras_elmo.files.lines import count

# === spaCy ===


def is_spacy(record: Any) -> bool:
    """Whether this is a text beside its entities or categories."""
    return (
        isinstance(record, list)
        and len(record) == 2
        and isinstance(record[0], str)
        and isinstance(record[1], dict)
        and bool({"entities", "cats"} & {*record[1]})
    )


def spacy_example(record: Any, how: Annotations) -> Iterator[dict[str, Any]]:
    """`[text, {"entities": [[start, end, type]], "cats": {label: 1.0}}]`."""
    if not is_spacy(record):
        message = "expected [text, {'entities': ...}], as spaCy has it"
        raise RowError("no example of spaCy", f"{message}. Received: {short(record)}.")
    text, marks = record
    if not how.labelled:
        yield {"text": text}
        return
    items = list_of(marks.get("entities", []), "entities")
    spans = [span_of(text, item, CHARACTERS) for item in items]
    labels = {}
    if "cats" in marks:
        cats = object_of(marks["cats"], "cats")
        labels["labels"] = [name for name, value in cats.items() if _applies(name, value)]
    yield flat_record(text, spans, labels, {})


def _applies(label: Any, value: Any) -> bool:
    """Whether a category applies: 1 or 0, and nothing between."""
    if not isinstance(label, str) or value not in (0, 1):
        raise RowError(
            "category between 0 and 1",
            f"a category applies (1) or not (0). Received: {short(label)}: {short(value)}.",
        )
    return bool(value)


def is_spacy_document(record: Any) -> bool:
    """Whether this is a document with paragraphs; those of SQuAD have questions in them."""
    paragraphs = record.get("paragraphs") if isinstance(record, dict) else None
    first = paragraphs[0] if isinstance(paragraphs, list) and paragraphs else None
    return isinstance(first, dict) and ("sentences" in first or "cats" in first)


def spacy_document(record: Any, how: Annotations) -> Iterator[dict[str, Any]]:
    """The sentences of a document; of a paragraph without entities its text and categories."""
    record = object_of(record, "a document of spaCy")
    number = {"id": record["id"]} if "id" in record else {}
    for paragraph in list_of(record.get("paragraphs"), "paragraphs"):
        paragraph = object_of(paragraph, "a paragraph")
        sentences = list_of(paragraph.get("sentences", []), "sentences")
        tokens = [list_of(object_of(x, "a sentence").get("tokens"), "tokens") for x in sentences]
        if any(isinstance(token, dict) and "ner" in token for row in tokens for token in row):
            count(how.skipped, "categories of paragraphs", bool(paragraph.get("cats")))
            yield from ({**number, **_sentence(row, how)} for row in tokens if row)
        elif not how.labelled:
            yield {**number, "text": text_of(paragraph, Annotations("raw"))}
        else:
            cats = [object_of(cat, "a category") for cat in list_of(paragraph.get("cats"), "cats")]
            labels = [x["label"] for x in cats if _applies(x.get("label"), x.get("value"))]
            yield {**number, "text": text_of(paragraph, Annotations("raw")), "labels": labels}


def _sentence(tokens: list[Any], how: Annotations) -> dict[str, Any]:
    found = [object_of(token, "a token") for token in tokens]
    words, tags = strings_of([t.get("orth") for t in found], "orth"), [t.get("ner") for t in found]
    if not how.labelled:
        return {"tokens": words}
    for word, tag in zip(words, tags, strict=True):
        if not isinstance(tag, str) or tag in ("", "-"):
            raise RowError(
                "token without an entity",
                "a token needs its 'ner' in the BILUO scheme, or 'O'. "
                f"Received: {short(tag)} for {short(word)}.",
            )
    return {"tokens": words, "tags": tags}
