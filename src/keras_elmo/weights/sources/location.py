"""Where the files of an ELMo are: here, or fetched once from where they were published."""

from os import PathLike
from pathlib import Path

from keras_elmo.weights.sources.catalogue import catalogue, fetch
from keras_elmo.weights.sources.hub import fetch_from_hub, is_hub_address
from keras_elmo.weights.sources.presets import CONFIG_FILE, EMBEDDED


def locate(path: str | PathLike[str]) -> Path:
    """The file or folder that is meant, whether there is one or not.

    Args:
        path: a path, a name of an embedded preset, or what is fetched once: a name of the catalogue
            (`keras_elmo.weights.sources.catalogue`) or `hf://user/name`.

    Raises:
        DownloadError: it cannot be fetched.
    """
    place = Path(path)
    if (EMBEDDED / str(path) / CONFIG_FILE).is_file():
        return EMBEDDED / str(path)
    if place.exists():
        return place
    if str(path) in catalogue():
        return fetch(catalogue()[str(path)])
    return fetch_from_hub(path) if is_hub_address(path) else place
