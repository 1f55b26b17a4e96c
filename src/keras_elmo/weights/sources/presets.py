"""Presets: folders with a model's configuration and weights, by name or by path."""

from os import PathLike
from pathlib import Path

from keras_elmo.files.json_files import read_object
from keras_elmo.files.new_folder import PRESET_SIGNS
from keras_elmo.weights.errors import WeightsError

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.weights.h5"
TASK_FILE = "task.json"
TASK_WEIGHTS_FILE = "task.weights.h5"
METADATA_FILE, PREPROCESSOR_FILE = PRESET_SIGNS
SOFTMAX_FILE, VOCABULARY_FILE = "softmax.h5", "vocabulary.txt"  # of the language model, optional
NGRAMS_FILE = "ngrams.npz"  # of a classifier, optional

EMBEDDED = Path(__file__).parents[2] / "presets"
DEFAULT_PRESET = "elmo_mini_en"
OWN_VECTORS = "elmo"  # word vectors: those of the preset's own language model


def list_presets() -> dict[str, str]:
    """Return the presets inside this package: name → one line that describes it.

    Example:
        >>> list_presets()["elmo_mini_en"]
        'English, character input, 2 LSTM layers of 512 units projected to 128 …'
    """
    return {
        path.parent.name: read_object(path, WeightsError).get("description", "")
        for path in sorted(EMBEDDED.glob(f"*/{METADATA_FILE}"))
    }


def is_preset(path: str | PathLike[str]) -> bool:
    """Whether a path, or a name of an embedded preset, is that of a preset, even a damaged one."""
    for folder in (EMBEDDED / str(path), Path(path)):
        try:
            if "class_name" in read_object(folder / CONFIG_FILE):
                return True
        except (OSError, ValueError):
            continue
    # What reads a damaged one says what is wrong.
    return any((Path(path) / name).is_file() for name in (METADATA_FILE, WEIGHTS_FILE))


def preset_folder(preset: str | PathLike[str]) -> Path:
    """Return the folder of a preset, given by the name of an embedded one or by a path.

    Raises:
        FileNotFoundError: there is no such preset or folder, or the folder holds no preset.
    """
    embedded = EMBEDDED / str(preset)
    folder = embedded if (embedded / CONFIG_FILE).is_file() else Path(preset)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"`preset` must be one of {', '.join(map(repr, list_presets()))} or the path of a "
            f"preset folder. Received: {str(preset)!r}, which is neither."
        )
    if not (folder / CONFIG_FILE).is_file():
        raise FileNotFoundError(
            f"{folder} is not a preset: it has no {CONFIG_FILE}. For published ELMo files use "
            "`ElmoBackbone.from_preset(weights, options=options)`."
        )
    return folder
