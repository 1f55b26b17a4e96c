"""Where an ELMo to embed with comes from: as arrays, without Keras, or as a backbone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo._backend import ensure_backend
from keras_elmo.weights.bilm_tf import load_bilm_tf
from keras_elmo.weights.keras_file import load_preset
from keras_elmo.weights.presets import PREPROCESSOR_FILE, preset_folder

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone

Arrays = tuple[Mapping[str, Any], Mapping[str, np.ndarray]]  # configuration, weights by path


@dataclass(frozen=True)
class Preset:
    """A preset's name or folder."""

    preset: str | PathLike[str]

    def arrays(self) -> Arrays:
        return load_preset(self.preset)

    def backbone(self) -> "ElmoBackbone":
        ensure_backend()
        from keras_elmo.elmo.backbone import ElmoBackbone

        return ElmoBackbone.from_preset(self.preset)

    def vocabulary(self) -> Sequence[str] | None:
        """The words of a word-input model."""
        path = preset_folder(self.preset) / PREPROCESSOR_FILE
        if not path.is_file():
            return None
        return json.loads(path.read_text(encoding="utf-8"))["config"]["vocabulary"]


@dataclass(frozen=True)
class Published:
    """Files of bilm-tf and AllenNLP, see `ElmoBackbone.from_published`.

    Attributes:
        weights, options, embedding: the files.
        words: the vocabulary of a word-input model, `<S> </S> <UNK>` first.
    """

    weights: str | PathLike[str]
    options: str | PathLike[str]
    embedding: str | PathLike[str] | None = None
    words: Sequence[str] | None = None

    def arrays(self) -> Arrays:
        return load_bilm_tf(self.weights, self.options, self.embedding)

    def backbone(self) -> "ElmoBackbone":
        ensure_backend()
        from keras_elmo.elmo.backbone import ElmoBackbone

        return ElmoBackbone.from_published(self.weights, self.options, embedding=self.embedding)

    def vocabulary(self) -> Sequence[str] | None:
        return self.words


@dataclass(frozen=True)
class Loaded:
    """A backbone."""

    loaded: "ElmoBackbone"

    def arrays(self) -> Arrays:
        from keras_elmo.elmo.variables import arrays_by_path

        return self.loaded.get_config(), arrays_by_path(self.loaded)

    def backbone(self) -> "ElmoBackbone":
        return self.loaded

    def vocabulary(self) -> Sequence[str] | None:
        return None


Source = Preset | Published | Loaded
