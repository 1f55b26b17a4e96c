"""Where a backbone comes from and goes to: presets, published files, arrays."""

from os import PathLike
from pathlib import Path
from typing import Any, Self

import keras

from keras_elmo.elmo.saving import read_object, read_weights, write_backbone, write_metadata
from keras_elmo.elmo.variables import arrays_by_path, without_values
from keras_elmo.files.new_folder import new_folder
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.formats.bilm_tf import save_bilm_tf
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import CONFIG_FILE, WEIGHTS_FILE, is_preset
from keras_elmo.weights.sources.published import PublishedElmo


class PretrainedModel(keras.Model):
    """A model that is read from every format of an ELMo, and written."""

    @classmethod
    def from_preset(
        cls,
        preset: str | PathLike[str] | PublishedElmo,
        *,
        options: str | PathLike[str] | None = None,
        load_weights: bool = True,
        **overrides: Any,
    ) -> Self:
        """Load an ELMo: a preset, or published files, whose format is told by their content.

        Args:
            preset: a name, a folder, a file, an archive or `hf://user/name`, see
                [`load_elmo`][keras_elmo.weights.detection]; or what `load_elmo` read.
            options: the options file (JSON) of weights that do not lie beside it.
            load_weights: False leaves the weights random: an untrained ELMo of the same shape.
            overrides: constructor arguments to replace, such as `stateful` or `dtype`.

        Raises: as [`load_elmo`][keras_elmo.weights.detection].

        Example:
            >>> backbone = ElmoBackbone.from_preset("elmo_mini_en")
            >>> backbone = ElmoBackbone.from_preset("model.tar.gz")  # a model of AllenNLP's
            >>> backbone = ElmoBackbone.from_preset("weights.hdf5", options="options.json")
        """
        if not isinstance(preset, PublishedElmo):
            place = locate(preset)
            if is_preset(place):
                return cls._from_folder(place, load_weights, overrides)
            preset = load_elmo(place, options=options)
        config, arrays = {**preset.config, **overrides}, preset.variables
        if not load_weights:
            return cls(**config)
        return without_values(lambda: cls(**config), arrays)

    @classmethod
    def _from_folder(cls, folder: Path, load_weights: bool, overrides: dict[str, Any]) -> Self:
        if not load_weights:
            return read_object(folder, CONFIG_FILE, cls, **overrides)
        backbone = without_values(lambda: read_object(folder, CONFIG_FILE, cls, **overrides))
        read_weights(backbone, folder / WEIGHTS_FILE)
        return backbone

    def save_to_preset(self, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write configuration and weights to a new folder, under KerasHub's file names."""
        with new_folder(folder, overwrite=overwrite) as path:
            write_backbone(self, path)
            write_metadata(path)

    def save_hdf5(self, weights: str | PathLike[str], options: str | PathLike[str]) -> None:
        """Write the files of bilm-tf and AllenNLP; loading them again gives the same bits."""
        save_bilm_tf(self.get_config(), arrays_by_path(self), weights, options)
