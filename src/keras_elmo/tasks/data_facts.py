"""What is told about the data of a training: above all what was passed over."""

from collections.abc import Mapping

from keras_elmo.tasks.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.datasets import Dataset


def data_facts(task: ElmoTask, rows: Dataset, held_out: Dataset | None = None) -> dict[str, int]:
    """What was passed over in the files and why, and what is made of questions."""
    facts: dict[str, int] = {}
    if isinstance(task, ElmoQuestionAnswerer):
        facts = task.count(rows.texts, rows.labels)
    facts |= skipped_facts(rows.skipped)
    if held_out and held_out.path != rows.path:  # else it is a part of the same file
        skipped = skipped_facts(held_out.skipped)
        facts |= {f"development set: {name}": count for name, count in skipped.items()}
    return facts


def skipped_facts(skipped: Mapping[str, int]) -> dict[str, int]:
    """How much of a file was passed over, in all and by reason; empty where nothing was."""
    if not skipped:
        return {}
    reasons = {f"skipped, {reason}": count for reason, count in skipped.items()}
    return {"skipped": sum(skipped.values()), **reasons}
