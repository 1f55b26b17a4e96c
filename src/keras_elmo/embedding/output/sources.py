"""Where an ELMo to embed with comes from: as arrays, without Keras, or as a backbone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_elmo._backend import ensure_backend
from keras_elmo.weights.sources.published import PublishedElmo

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone

Arrays = tuple[Mapping[str, Any], Mapping[str, np.ndarray]]  # configuration, weights by path
# Words, and characters that are no bytes.
Lexicon = tuple[Sequence[str] | None, Sequence[str] | None]


@dataclass(frozen=True)
class Read:
    """Files of any format, as `load_elmo` read them."""

    elmo: PublishedElmo

    def arrays(self) -> Arrays:
        return self.elmo.config, self.elmo.variables

    def backbone(self) -> "ElmoBackbone":
        ensure_backend()
        from keras_elmo.elmo.backbone import ElmoBackbone

        return ElmoBackbone.from_preset(self.elmo)

    def lexicon(self) -> Lexicon:
        """What the ids of a model stand for."""
        return self.elmo.words, self.elmo.characters


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


Source = Read | Loaded
