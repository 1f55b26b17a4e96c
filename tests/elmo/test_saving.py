"""Preset folders: same outputs after loading, nothing half-written, clear errors."""

import json

import numpy as np
import pytest
from support import small_backbone, without_checksums

from keras_elmo import ElmoBackbone
from keras_elmo.elmo.saving import store_as_float16
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.files.new_folder import new_folder
from keras_elmo.weights import WeightsError


@pytest.fixture
def preset(tmp_path):
    backbone = small_backbone()[0]
    backbone.save_to_preset(tmp_path / "preset")
    return backbone, tmp_path / "preset"


@pytest.mark.portable
def test_a_preset_holds_the_same_numbers(preset):
    backbone, folder = preset
    loaded = ElmoBackbone.from_preset(folder, keep_boundaries=True)
    assert loaded.config.keep_boundaries
    for path, array in arrays_by_path(backbone).items():
        np.testing.assert_array_equal(arrays_by_path(loaded)[path], array)
    untrained = arrays_by_path(ElmoBackbone.from_preset(folder, load_weights=False))
    path = "bilm/forward_0/kernel"
    assert np.abs(untrained[path] - arrays_by_path(backbone)[path]).max() > 0.1


def test_float16_halves_the_file_and_rounds_the_numbers_only(preset):
    backbone, folder = preset
    store_as_float16(folder / "model.weights.h5")
    without_checksums(folder)
    loaded = arrays_by_path(ElmoBackbone.from_preset(folder))
    for path, array in arrays_by_path(backbone).items():
        assert loaded[path].dtype == np.float32
        np.testing.assert_array_equal(loaded[path], array.astype(np.float16))


def test_a_folder_appears_only_when_it_is_whole(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old/task.json").write_text("kept")
    (tmp_path / "old/metadata.json").write_text("{}")  # else it is no preset, and never replaced

    def interrupted():
        with new_folder(tmp_path / "old", overwrite=True) as folder:
            (folder / "half").write_text("written")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (tmp_path / "old/task.json").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_damaged_presets_say_what_is_wrong(preset):
    _, folder = preset
    weights, config = folder / "model.weights.h5", folder / "config.json"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"model\.weights\.h5: must be a whole HDF5 file"):
        ElmoBackbone.from_preset(folder)
    weights.unlink()
    with pytest.raises(WeightsError, match="is missing"):
        ElmoBackbone.from_preset(folder)
    config.write_text(json.dumps({**json.loads(config.read_text()), "class_name": "Other"}))
    with pytest.raises(WeightsError, match=r"config\.json is damaged"):
        ElmoBackbone.from_preset(folder)
    without_checksums(folder)
    with pytest.raises(ValueError, match=r"must describe ElmoBackbone.*'Other'"):
        ElmoBackbone.from_preset(folder)
    config.write_text("{")
    with pytest.raises(ValueError, match="must be valid JSON"):
        ElmoBackbone.from_preset(folder)
    config.unlink()
    with pytest.raises(FileNotFoundError, match=r"no config\.json"):
        ElmoBackbone.from_preset(folder)
