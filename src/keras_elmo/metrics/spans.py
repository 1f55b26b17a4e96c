"""Span F1: a span counts as right only if its type, start and end are."""

from collections import Counter
from collections.abc import Sequence

from keras_elmo.metrics.scores import Scores, check_equal_length, scores
from keras_elmo.text.tags import Span, read_spans


class SpanScores(Scores):
    """Micro-averaged scores over all spans, those of each type, and the mean of their F1."""

    macro_f1: float
    per_type: dict[str, Scores]


def bio_spans(tags: Sequence[str], *, strict: bool = True) -> set[Span]:
    """The spans `(type, start, end)` of one sentence, `end` exclusive.

    Args:
        tags: where `strict`, in BIO (IOB2): a span begins with `B-` and goes on through the `I-`
            tags of its type, and an `I-` that continues nothing belongs to no span, as in seqeval's
            strict mode. Else in any scheme and with any error, as conlleval and seqeval's default
            count: such an `I-` begins a span. A bare prefix has the type `_`.
        strict: whether only strict BIO counts.

    Raises:
        ValueError: a tag that is neither of a span nor `O`.

    Example:
        >>> sorted(bio_spans(["B-PER", "I-PER", "O", "I-LOC"]))
        [('PER', 0, 2)]
    """
    if not strict:
        return set(read_spans(list(map(_with_type, tags))))
    spans: set[Span] = set()
    span_type, start = "", -1  # a start of -1: no span is open
    for place, tag in enumerate([*tags, "O"]):  # the O closes a span at the end
        prefix, this_type = _parse(tag)
        if start >= 0 and (prefix, this_type) != ("I", span_type):
            spans.add((span_type, start, place))
            start = -1
        if prefix == "B":
            span_type, start = this_type, place
    return spans


def span_f1(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], *, strict: bool = True
) -> SpanScores:
    """Precision, recall and F1 over the spans of all sentences (CoNLL-2003 evaluation).

    Args:
        gold, predicted: tags, one list a sentence, of equal lengths.
        strict: whether only strict BIO counts, or any scheme exactly as conlleval counts it.

    Returns:
        The micro average, its `support` (gold spans), `per_type` by name, and `macro_f1`, the mean
        over the types that occur in gold or predicted. Without spans: 0.

    Raises:
        ValueError: unequal numbers of sentences or of tags, a tag that is no span's.
    """
    check_equal_length("sentences", len(gold), len(predicted))
    correct, found, wanted = Counter[str](), Counter[str](), Counter[str]()
    for number, (gold_tags, predicted_tags) in enumerate(zip(gold, predicted, strict=True)):
        if len(gold_tags) != len(predicted_tags):
            raise ValueError(
                f"sentence {number} must have as many predicted as gold tags. "
                f"Received: {len(gold_tags)} gold, {len(predicted_tags)} predicted"
            )
        gold_spans = bio_spans(gold_tags, strict=strict)
        predicted_spans = bio_spans(predicted_tags, strict=strict)
        wanted.update(span[0] for span in gold_spans)
        found.update(span[0] for span in predicted_spans)
        correct.update(span[0] for span in gold_spans & predicted_spans)
    types = sorted(wanted.keys() | found.keys())
    per_type = {name: scores(correct[name], found[name], wanted[name]) for name in types}
    return {
        **scores(correct.total(), found.total(), wanted.total()),
        "macro_f1": sum(one["f1"] for one in per_type.values()) / max(1, len(types)),
        "per_type": per_type,
    }


def _parse(tag: str) -> tuple[str, str]:
    prefix, dash, span_type = tag.partition("-")
    if tag == "O" or (prefix in ("B", "I") and bool(dash) == bool(span_type)):
        return prefix, span_type or "_"
    raise ValueError(
        f"a tag must be B-type, I-type or O. Received: {tag!r}. Convert others with `to_bio`."
    )


def _with_type(tag: str) -> str:
    prefix, dash, span_type = tag.partition("-")
    if tag == "O" or (prefix and prefix in "BIESLU" and bool(dash) == bool(span_type)):
        return tag if dash or tag == "O" else f"{tag}-_"
    raise ValueError(f"a tag must be O, or a span's, such as B-type or I-type. Received: {tag!r}.")
