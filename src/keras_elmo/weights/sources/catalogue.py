"""Published ELMos by name: where they lie, whose they are, and the folder that keeps them."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from keras_elmo.files.cache_folder import cache_folder, old_models_folder, take_over
from keras_elmo.files.folder_lock import locked_folder, remove_stale_lock
from keras_elmo.weights.sources.download import download

HOME_VARIABLE = "KERAS_ELMO_HOME"


@dataclass(frozen=True)
class RemoteFile:
    """A file on the net, with its size and sha256 where they are known."""

    url: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class PublishedModel:
    """An entry of the catalogue.

    Attributes:
        name: by which it is asked for.
        language, description, licence, citation: in words.
        files: name in its folder → where it lies.
    """

    name: str
    language: str
    description: str
    licence: str
    citation: str
    files: Mapping[str, RemoteFile]

    @property
    def folder(self) -> Path:
        """Where it is kept: in `models` of `KERAS_ELMO_HOME`, by default of `cache_folder()`.

        What an older version kept in `~/.cache/keras_elmo` is moved there.
        """
        if home := os.environ.get(HOME_VARIABLE):
            return Path(home) / "models" / self.name
        return take_over(old_models_folder() / self.name, cache_folder() / "models" / self.name)

    @property
    def is_here(self) -> bool:
        """Whether all its files are in its folder."""
        return all((self.folder / name).is_file() for name in self.files)


@cache
def catalogue() -> dict[str, PublishedModel]:
    """All entries by name."""
    text = Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8")
    return {
        name: PublishedModel(
            name,
            **entry | {"files": {key: RemoteFile(**file) for key, file in entry["files"].items()}},
        )
        for name, entry in json.loads(text).items()
    }


def search(words: str = "") -> list[PublishedModel]:
    """The entries whose name, language or description has all these words."""
    wanted = words.lower().split()
    return [
        model
        for model in catalogue().values()
        if all(
            word in f"{model.name} {model.language} {model.description}".lower() for word in wanted
        )
    ]


def fetch(
    model: PublishedModel,
    on_bytes: Callable[[str, int, int | None], None] = lambda name, done, total: None,
) -> Path:
    """The file or folder of a model, fetched unless it is there.

    Args:
        model: an entry of the catalogue.
        on_bytes: called with a file's name, its bytes so far and in all.

    Raises:
        DownloadError: the net fails, or may not be used.
        ValueError: another process fetches the same model.
        WeightsError: a file is not the published one.
    """
    if model.is_here:
        remove_stale_lock(model.folder)
    else:
        with locked_folder(model.folder):
            for name, file in model.files.items():
                if not (model.folder / name).is_file():
                    download(
                        file.url,
                        model.folder / name,
                        num_bytes=file.bytes,
                        sha256=file.sha256,
                        on_bytes=lambda done, total, name=name: on_bytes(name, done, total),
                    )
    only = next(iter(model.files))
    return model.folder / only if len(model.files) == 1 else model.folder
