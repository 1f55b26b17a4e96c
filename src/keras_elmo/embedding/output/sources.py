"""Where an ELMo to embed with comes from: as arrays, without Keras, or as a backbone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo._backend import ensure_backend
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats.bilm_tf import load_bilm_tf
from keras_elmo.weights.sources.published import PublishedElmo

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone

Arrays = tuple[Mapping[str, Any], Mapping[str, np.ndarray]]  # configuration, weights by path


Lexicon = tuple[
    Sequence[str] | None, Sequence[str] | None
]  # words, and characters that are no bytes


@dataclass(frozen=True)
class Pretrained:
    """A preset's name or folder, or an ELMo of any format."""

    path: str | PathLike[str]

    @cached_property
    def _elmo(self) -> PublishedElmo:
        return load_elmo(self.path)

    def arrays(self) -> Arrays:
        return self._elmo.config, self._elmo.variables

    def backbone(self) -> "ElmoBackbone":
        ensure_backend()
        from keras_elmo.elmo.backbone import ElmoBackbone

        return ElmoBackbone.from_pretrained(self._elmo)

    def lexicon(self) -> Lexicon:
        """What the ids of a model stand for."""
        return self._elmo.words, self._elmo.characters


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

    def lexicon(self) -> Lexicon:
        return self.words, None


@dataclass(frozen=True)
class Loaded:
    """A backbone."""

    loaded: "ElmoBackbone"

    def arrays(self) -> Arrays:
        from keras_elmo.elmo.variables import arrays_by_path

        return self.loaded.get_config(), arrays_by_path(self.loaded)

    def backbone(self) -> "ElmoBackbone":
        return self.loaded

    def lexicon(self) -> Lexicon:
        return None, None


Source = Pretrained | Published | Loaded
