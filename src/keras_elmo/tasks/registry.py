"""Which tasks there are, and which kinds of data each is for.

A class is known as soon as its module is imported. Ours are listed here as well: their modules are
imported when they are used, and their data are read and refused before Keras is there.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from keras_elmo.data.datasets import (
    CLASSIFICATION,
    JOINT,
    MULTI_LABEL,
    PAIR,
    PAIR_REGRESSION,
    QA,
    REGRESSION,
    SEQ2SEQ,
    TAGGING,
)
from keras_elmo.data.kinds import KINDS, check_kind

# Class → its module and its kinds.
OURS = {
    "ElmoTextClassifier": ("texts.text_classifier", (CLASSIFICATION, MULTI_LABEL)),
    "ElmoPairClassifier": ("pairs.pair_task", (PAIR,)),
    "ElmoPairRegressor": ("pairs.pair_task", (PAIR_REGRESSION,)),
    "ElmoTextRegressor": ("texts.text_regressor", (REGRESSION,)),
    "ElmoTokenClassifier": ("tagging.token_classifier", (TAGGING,)),
    "ElmoJointTagger": ("tagging.joint_tagger", (JOINT,)),
    "ElmoSeq2Seq": ("sequences.seq_2_seq", (SEQ2SEQ,)),
    "ElmoQuestionAnswerer": ("questions.question_answerer", (QA,)),
}
_CLASSES: dict[str, Any] = {}  # by name, those that are imported
_NAMES = {kind: name for name, (_, kinds) in OURS.items() for kind in kinds}  # by kind


def register(task_class: Any) -> None:
    """Make a class of tasks known by its name, and for the kinds that it names itself.

    One without kinds, such as a base of others, is not.

    Raises:
        ValueError: there is no such kind of data.
    """
    if not task_class.kinds:
        return
    name: str = task_class.__name__
    own = [check_kind(kind).name for kind in vars(task_class).get("kinds", ())]
    _CLASSES[name] = task_class
    if name not in OURS:
        _NAMES.update(dict.fromkeys(own, name))


def check_name(name: str, where: object) -> None:
    """Refuse the name of a class that no one knows.

    Raises:
        ValueError: it is none of a task; `where` stands in the message.
    """
    if name not in {**OURS, **_CLASSES}:
        allowed = ", ".join({**OURS, **_CLASSES})
        raise ValueError(f"{where} must describe one of {allowed}. Received: {name!r}")


def task_class(name: str) -> type[Any]:
    """The class of this name, see `check_name`."""
    if name not in _CLASSES:
        import_module(f"keras_elmo.tasks.{OURS[name][0]}")
    return _CLASSES[name]


def class_for(kind: str) -> type[Any]:
    """The class that is trained on data of this kind.

    Raises:
        ValueError: there is no such kind, or no task for it.
    """
    if check_kind(kind).name not in _NAMES:
        raise ValueError(f"a task must be defined for data of the kind {kind}. Received: none")
    return task_class(_NAMES[kind])


def kind_of(name: str, config: Mapping[str, Any]) -> str:
    """The kind of data that a task is for.

    Args:
        name: of its class, see `check_name`.
        config: its arguments, which tell several kinds of a class apart.

    Raises:
        ValueError: the class is for none.
    """
    kinds = _CLASSES[name].kinds if name in _CLASSES else OURS[name][1]
    fitting = [
        kind
        for kind in kinds
        if all(config.get(key) == value for key, value in KINDS[kind].settings.items())
    ]
    if not fitting:
        raise ValueError(f"a task must name the `kinds` of data it is for. Received: none, {name}")
    return max(fitting, key=lambda kind: len(KINDS[kind].settings))
