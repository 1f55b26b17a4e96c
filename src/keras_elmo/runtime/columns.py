"""What is read from several heads: columns of tags, and labels of the whole sentence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo.metrics.classification import classification_report
from keras_elmo.metrics.no_better import than_one_label
from keras_elmo.runtime.described import Predicts, mistake, rounded
from keras_elmo.runtime.entities import JointAnnotation
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.tag_records import tokens_of
from keras_elmo.text.labels import LabelEncoder
from keras_elmo.text.rows import as_rows, column_names, plain
from keras_elmo.text.sentence_encoder import Sentences

if TYPE_CHECKING:
    Base = Predicts
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only


class SentenceReader:
    """Reads a label of the whole sentence.

    Args:
        name: of the output.
        encoder: of the labels.
    """

    def __init__(self, name: str, encoder: LabelEncoder) -> None:
        self.name, self.encoder = name, encoder

    def probabilities(self, output: Any) -> Any:
        """The probabilities of an output, of a batch or of a sentence."""
        return output[self.name] if isinstance(output, Mapping) else output

    def predict(self, outputs: Sequence[Any]) -> list[Any]:
        """The most probable label of each sentence."""
        return self.encoder.decode([int(self.probabilities(o).argmax()) for o in outputs])

    def gold(self, sentences: Sequence[Any], y: Sequence[Any]) -> list[Any]:
        """The labels, of the type that the encoder's have."""
        return self.encoder.decode(self.encoder.encode(y))

    def report(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """The measures of the labels of all sentences."""
        return {**classification_report(gold, predicted, self.encoder.labels)}

    def are_right(self, gold: Sequence[Any], predicted: Sequence[Any]) -> list[bool]:
        """Whether each label is right."""
        return [a == b for a, b in zip(gold, predicted, strict=True)]

    def record(self, label: Any, probability: float) -> dict[str, Any]:
        """A label for JSON."""
        return {"label": label, "probability": rounded([probability])[0]}

    def mistake(self, record: dict[str, Any], gold: Any) -> dict[str, Any] | None:
        """What is wrong in such a record; None for nothing."""
        label = record["label"]
        return mistake(gold, label, [record["probability"]] if label != gold else [])


class ReadsColumns(Base):
    """Reads all heads.

    Attributes:
        tag_heads, sentence_heads: a `TagReader` of each column, a `SentenceReader` of each kind of
            sentence label, by its name.
    """

    view = "columns"
    tag_heads: Mapping[str, Any]
    sentence_heads: Mapping[str, Any]

    @property
    def heads(self) -> dict[str, Any]:
        """The head of each column and each kind of sentence label, by its name."""
        return {**self.tag_heads, **self.sentence_heads}

    def own_output(self, tokens: list[str], output: Any) -> Any:
        return {
            name: value if name in self.sentence_heads else value[: len(tokens)]
            for name, value in output.items()
        }

    def collect(self, sentences: list[list[str]], outputs: list[Any]) -> list[dict[str, Any]]:
        return [
            {name: head.probabilities(output) for name, head in self.heads.items()}
            for output in outputs
        ]

    def predict_labels(self, x: Sentences, *, batch_size: int = 32) -> list[dict[str, Any]]:
        """What `fit` takes as `y`: the most probable tags and labels of each sentence."""
        outputs = self.sentence_outputs(self.read_sentences(x), batch_size)
        columns = {name: head.predict(outputs) for name, head in self.heads.items()}
        return [{name: column[i] for name, column in columns.items()} for i in range(len(outputs))]

    def annotate(self, x: Sentences, *, batch_size: int = 32) -> list[JointAnnotation]:
        """Labels of each sentence, and of each column its tags and entities."""
        texts, sentences = self.read_texts(x)
        outputs = self.sentence_outputs(sentences, batch_size)
        arguments = texts, sentences, outputs, self.tokenizer
        columns = {name: head.annotate(*arguments) for name, head in self.tag_heads.items()}
        labels = {name: head.predict(outputs) for name, head in self.sentence_heads.items()}
        return [
            JointAnnotation(
                {name: column[i] for name, column in columns.items()},
                {name: column[i] for name, column in labels.items()},
                {name: float(output[name].max()) for name in labels},
            )
            for i, output in enumerate(outputs)
        ]

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[dict[str, Any]]:
        names = list(y) if isinstance(y, Mapping) else column_names(y)
        if names is None:
            return [
                {name: _value(row, name, i) for name in self.heads}
                for i, row in enumerate(as_rows(y, "y"))
            ]
        if missing := [name for name in self.heads if name not in names]:
            raise ValueError(
                f"`y` must have a column for each head: {', '.join(self.heads)}. "
                f"Received: {', '.join(map(str, names))}, without {', '.join(missing)}"
            )
        columns = [as_rows(y[name], name) for name in self.heads]
        return [dict(zip(self.heads, row, strict=True)) for row in zip(*columns, strict=True)]

    def gold(self, examples: Examples) -> list[dict[str, Any]]:
        columns = [
            head.gold(examples.x, [row[name] for row in examples.y])
            for name, head in self.heads.items()
        ]
        return [dict(zip(self.heads, row, strict=True)) for row in zip(*columns, strict=True)]

    def measures(self, examples: Examples, *, batch_size: int) -> dict[str, Any]:
        """The measures of each head by its name, and sentences without a mistake.

        Returns:
            `exact_match`, the share of sentences that are right in everything; `macro_f1`, the mean
            over the columns of macro-F1, of spans of their F1; and `columns`.
        """
        gold = self.gold(examples)
        outputs = self.sentence_outputs(examples.x, batch_size)
        columns, right = {}, np.ones(len(gold), bool)
        for name, head in self.heads.items():
            wanted, found = [row[name] for row in gold], head.predict(outputs)
            columns[name] = head.report(wanted, found)
            right &= head.are_right(wanted, found)
        f1 = [report.get("f1", report.get("macro_f1")) for report in columns.values()]
        measures = {"exact_match": float(right.mean()), "macro_f1": float(np.mean(f1))}
        return measures | {"columns": columns}

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """Of the columns that are no better, `than_one_label`."""
        found = {name: than_one_label(part) for name, part in measures["columns"].items()}
        return "; ".join(f"{name}: {line}" for name, line in found.items() if line)

    def records_of(self, texts: list[Any], *, batch_size: int) -> Iterator[dict[str, Any]]:
        """Of each text (of a string) its `tokens`, and by name what each head's record is."""
        for text, found in zip(texts, self.annotate(texts, batch_size=batch_size), strict=True):
            record = tokens_of(text, next(iter(found.columns.values())).tokens)
            for name, head in self.tag_heads.items():
                record[name] = head.record(found.columns[name])
            for name, head in self.sentence_heads.items():
                record[name] = head.record(found.labels[name], found.probabilities[name])
            yield record

    def mistake(self, record: dict[str, Any], gold: dict[str, Any]) -> dict[str, Any] | None:
        """`gold` and `predicted` of the columns that are wrong, by name."""
        found = {name: head.mistake(record[name], gold[name]) for name, head in self.heads.items()}
        wrong = {name: part for name, part in found.items() if part}
        if not wrong:
            return None
        return {
            "gold": {name: part["gold"] for name, part in wrong.items()},
            "predicted": {name: part["predicted"] for name, part in wrong.items()},
            "confidence": max(part["confidence"] for part in wrong.values()),
        }


def _value(row: Any, name: str, sentence: int) -> Any:
    if isinstance(row, Mapping) and name in row:
        return plain(row[name], name)
    raise ValueError(
        f"`y` must hold a dict with {name!r} for each sentence. Received: sentence {sentence}, "
        f"{row!r:.80}"
    )
