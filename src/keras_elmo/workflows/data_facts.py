"""What is told about the data of a training: above all what was passed over."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_elmo.data.datasets import Dataset
from keras_elmo.tasks.questions.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.task import ElmoTask


def data_facts(task: ElmoTask, rows: Dataset, held_out: Dataset | None = None) -> dict[str, int]:
    """What was passed over in the files and why, and what is made of questions and targets."""
    facts: dict[str, int] = {}
    if isinstance(task, ElmoQuestionAnswerer):
        facts = task.count(rows.texts, rows.labels)
    facts |= _passed_over(task, rows)
    if held_out and held_out.path != rows.path:  # else it is a part of the same file
        others = _passed_over(task, held_out)
        facts |= {f"development set: {name}": count for name, count in others.items()}
    return facts


def skipped_facts(skipped: Mapping[str, int]) -> dict[str, int]:
    """How much of a file was passed over, in all and by reason; empty where nothing was."""
    if not skipped:
        return {}
    reasons = {f"skipped, {reason}": count for reason, count in skipped.items()}
    return {"skipped": sum(skipped.values()), **reasons}


def unknown_tokens(task: ElmoSeq2Seq, sentences: Sequence[Any], texts: Sequence[Any]) -> int:
    """How many symbols of target texts the task can write as unknown only."""
    targets, sources = map(task.symbols.split, texts), map(task.copied_steps, sentences)
    return sum(map(task.symbols.unknown_in, targets, sources))


def _passed_over(task: ElmoTask, rows: Dataset) -> dict[str, int]:
    facts = skipped_facts(rows.skipped)
    if isinstance(task, ElmoSeq2Seq) and (unknown := unknown_tokens(task, rows.texts, rows.labels)):
        facts["unknown_tokens"] = unknown
    return facts
