"""Load a trained task without knowing which one it is."""

from os import PathLike
from typing import Any

import keras

from keras_elmo.tasks.pairs.pair_classifier import ElmoPairClassifier
from keras_elmo.tasks.pairs.pair_regressor import ElmoPairRegressor
from keras_elmo.tasks.questions.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.tagging.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.tagging.token_classifier import ElmoTokenClassifier
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.task_labels import task_folder
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor
from keras_elmo.weights.descriptions import read_description
from keras_elmo.weights.sources.presets import TASK_FILE

# Importing a task registers it.
TASKS: tuple[type[ElmoTask], ...] = (
    ElmoTextClassifier,
    ElmoPairClassifier,
    ElmoPairRegressor,
    ElmoTextRegressor,
    ElmoTokenClassifier,
    ElmoJointTagger,
    ElmoSeq2Seq,
    ElmoQuestionAnswerer,
)


def load_task(folder: str | PathLike[str], **overrides: Any) -> ElmoTask:
    """Load the task that `save_to_preset` wrote, whichever it is.

    Args:
        folder: of a preset with a trained task, perhaps as `hf://user/name`.
        overrides: constructor arguments to replace.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: it holds an ELMo but no trained task, or one that is not known here.
    """
    place = task_folder(folder)
    path = place / TASK_FILE
    name, _ = read_description(path)
    kind = keras.saving.get_registered_object(f"keras_elmo>{name}")
    if not (isinstance(kind, type) and issubclass(kind, ElmoTask)):
        allowed = ", ".join(task.__name__ for task in TASKS)
        raise ValueError(f"{path} must describe one of {allowed}. Received: {name!r}")
    return kind.from_preset(place, **overrides)
