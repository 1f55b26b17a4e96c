"""What identifies a training, so that an interrupted one is not mixed with another."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import keras

from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.embedding.store.fingerprint import fingerprint
from keras_elmo.fine_tuning.recipes import Recipe

_HASHED = ("training set", "development set", "model", "ELMo")
# Settings that checkpoints of earlier versions do not know, and how they were trained.
_LATER = {"locked_dropout": False, "recurrent_dropout": 0.0}


def training_facts(
    task: Any, datasets: Sequence[Any], recipe: Recipe | None, settings: Mapping[str, Any]
) -> dict[str, str]:
    """What identifies a training.

    Args:
        task: the task as it is before the training.
        datasets: the examples to train on; those to develop on, or None.
        recipe: its own settings count one by one.
        settings: more settings by name.
    """
    config = task.get_config().items()
    config = {name: x for name, x in config if name not in _LATER or x != _LATER[name]}
    model = {"model": fingerprint(config, {})}
    model["ELMo"] = fingerprint(task.backbone.get_config(), arrays_by_path(task.backbone))
    sets = zip(("training set", "development set"), map(_data_fingerprint, datasets), strict=True)
    own = asdict(recipe) if recipe else {"recipe": None}
    own |= {**settings, "backend": keras.config.backend()}
    return {**dict(sets), **model, **{name: str(_plain(value)) for name, value in own.items()}}


def _plain(value: Any) -> Any:
    """A value whose text says all of it: of a schedule its configuration, not its address."""
    if isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _data_fingerprint(data: Any) -> str:
    digest = blake2b(digest_size=16)
    for values in (data.x, data.y, data.weights) if data else ():
        for value in values.items() if isinstance(values, Mapping) else values:
            digest.update(f"{value!s}\n".encode())
        digest.update(b"\n")
    return digest.hexdigest()


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The differences as people read them; empty where there are none.

    What an older version did not know was nothing in particular then.
    """
    names = [name for name in new if old.get(name, "None") != new[name]]
    return "; ".join(
        f"another {name}" if name in _HASHED else f"{name} {old.get(name)} → {new[name]}"
        for name in names
    )
