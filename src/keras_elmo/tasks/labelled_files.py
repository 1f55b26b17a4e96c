"""Labelled files as a trained task takes them: of its kind, in its scheme, with its labels."""

from pathlib import Path

from keras_elmo.tasks.evaluation import task_kind
from keras_elmo.tasks.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.tag_head import TagHead
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.datasets import SEQ2SEQ, Dataset
from keras_elmo.text.joint_datasets import JointDataset
from keras_elmo.text.question_datasets import read_labelled


def read_for(
    task: ElmoTask,
    path: str | Path,
    file_format: str | None = None,
    text: str | None = None,
    label: str | None = None,
    *,
    header: bool | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """Read a labelled file to measure a task on, or to train it further.

    Args:
        task: a trained one.
        path, file_format, text, label, header, skip_bad: as of `read_labelled`; the columns of a
            joint tagger are by default those of its heads' names.

    Raises:
        DataError: file and line of what cannot be used, or of a label that the task does not know.
        ValueError: the file does not fit the task.
    """
    if isinstance(task, ElmoJointTagger):
        label = label or ",".join(task.heads)
    kind, more = task_kind(task), {"header": header, "skip_bad": skip_bad}
    rows = read_labelled(path, file_format, kind, text, label, **more)
    if isinstance(task, ElmoJointTagger) and isinstance(rows, JointDataset):
        rows.require_columns(task.heads)
        heads = {name: head for name, head in task.heads.items() if isinstance(head, TagHead)}
        rows = rows.in_schemes({name: head.scheme for name, head in heads.items() if head.scheme})
        rows.require({name: head.encoder.names for name, head in task.heads.items()})
        return rows
    rows = rows.in_scheme(getattr(task, "scheme", None))
    if rows.kind != SEQ2SEQ:  # whose unknown symbols are counted instead
        rows.require(list(map(str, task.labels)))
    return rows
