"""What the record of a prediction holds: tags, spans and classes, of one column or of several."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from keras_elmo.data.annotation.spans import CharSpan

Record = Mapping[str, Any]


class PredictedSpan(NamedTuple):
    """A span of a text, and its probability."""

    span: CharSpan
    confidence: float


def text_of(record: Record) -> str:
    """The text that was read; tokens with spaces between."""
    text = record["text"] if "text" in record else record["tokens"]
    return text if isinstance(text, str) else " ".join(text)


def place_of(record: Record) -> dict[str, Any]:
    """The `id` and the `line` that the text had in its file, if they are known."""
    return {name: record[name] for name in ("id", "line") if name in record}


def tag_columns(record: Record) -> dict[str, list[str]]:
    """The tags of each column by its name: of a single one `Tag`, or `UPOS` if they mark no spans.

    See "CoNLL-U Format" of Universal Dependencies for UPOS.
    """
    return {
        name or ("Tag" if "entities" in found else "UPOS"): [str(tag) for tag in found["tags"]]
        for name, found in _columns(record).items()
        if "tags" in found
    }


def classes(record: Record) -> dict[str, list[str]]:
    """The labels of the text by the name of their column: of a single one `label`."""
    return {
        name or "label": [str(label) for label in found.get("labels", [found.get("label")])]
        for name, found in _columns(record).items()
        if "tags" not in found
    }


def spans(record: Record) -> list[PredictedSpan]:
    """The spans of the text, in characters; none where a text has only classes.

    Raises:
        ValueError: its tags mark no spans, or those of several columns do.
    """
    tagged = [found for found in _columns(record).values() if "tags" in found]
    columns = [found["entities"] for found in tagged if "entities" in found]
    if tagged and len(columns) != 1:
        raise ValueError(
            f"spans must be those of one column of tags. Received: {len(columns)} such columns"
        )
    return [_predicted_span(record, entity) for entity in (columns[0] if columns else [])]


def certainty(record: Record) -> float:
    """The probability of what is least certain: of a tag, or of a label."""
    return min(
        (share for found in _columns(record).values() for share in _shares(found)), default=1.0
    )


def _predicted_span(record: Record, entity: Record) -> PredictedSpan:
    if isinstance(record.get("text"), str):
        start, end = entity["start_char"], entity["end_char"]
    else:  # in `text_of`
        tokens = record["tokens"]
        start = sum(len(token) + 1 for token in tokens[: entity["start"]])
        end = start + len(" ".join(tokens[entity["start"] : entity["end"]]))
    return PredictedSpan((start, end, entity["type"]), entity["confidence"])


def _columns(record: Record) -> dict[str, Record]:
    """The predictions of each column by its name; a single one has none."""
    found = {name: value for name, value in record.items() if _is_column(value)}
    return found or {"": record}


def _is_column(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    # Labels may be called so, too, and have probabilities.
    return isinstance(value.get("tags"), list) or not isinstance(value.get("label", 0.0), float)


def _shares(found: Record) -> list[float]:
    if "probability" in found:
        return [found["probability"]]
    shares = found["probabilities"]
    if "tags" in found:
        return shares
    if "labels" in found:
        return [max(share, 1.0 - share) for share in shares.values()]
    return [shares[found["label"]]]
