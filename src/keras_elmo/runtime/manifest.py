"""The manifest of an exported model: what its files are, and how their numbers are read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from keras_elmo._version import __version__
from keras_elmo.data.kinds import KINDS
from keras_elmo.files.json_files import read_object
from keras_elmo.text.sentence_encoder import SentenceEncoder
from keras_elmo.text.vocabulary import Vocabulary

MANIFEST = "manifest.json"
MODEL, WORDS = "model.onnx", "words.onnx"
STEP = "step.onnx"  # of a decoder
NGRAMS = "ngrams.npz"
SCHEMA = 1
# Of the preprocessor; one word a line.
_VOCABULARIES = {
    "vocabulary": "vocabulary.txt",
    "word_vocabulary": "word_vocabulary.txt",
}
_FIELDS = {"kind": str, "precision": str, "settings": dict, "preprocessor": dict}
_MODEL_SIGN = "task.json"  # of a model folder, which Keras reads
_AGAIN = "Export the model once more, or copy the whole folder again."


class ExportError(ValueError):
    """An exported folder is not as it was written. The message names the file."""


@dataclass(frozen=True)
class Manifest:
    """What is known of an exported model.

    Attributes:
        folder: where it is.
        kind: of its data, see `keras_elmo.data.kinds`.
        precision: `"float32"` or `"int8"`.
        settings: how the outputs of the network are read: labels, thresholds, …
        preprocessor: arguments of `SentenceEncoder`, but for the vocabularies.
    """

    folder: Path
    kind: str
    precision: str
    settings: Mapping[str, Any]
    preprocessor: Mapping[str, Any]

    def write(self) -> None:
        """Write the manifest, the last file of its folder, with the checksums of all others."""
        files = sorted(path for path in self.folder.iterdir() if path.name != MANIFEST)
        content = {
            "schema": SCHEMA,
            "keras_elmo_version": __version__,
            "kind": self.kind,
            "precision": self.precision,
            "settings": self.settings,
            "preprocessor": self.preprocessor,
            "files": {path.name: _checksum(path) for path in files},
        }
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (self.folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")

    def encoder(self) -> SentenceEncoder:
        """What makes arrays of sentences.

        Raises:
            ExportError: the manifest does not describe one.
        """
        words = {}
        for argument, name in _VOCABULARIES.items():
            if (path := self.folder / name).is_file():
                words[argument] = Vocabulary.load(path).tokens
        try:
            return SentenceEncoder(**self.preprocessor, **words)
        except (TypeError, ValueError) as error:
            raise self.error(f"'preprocessor' must describe how texts are read ({error})") from (
                error
            )

    def error(self, what: str) -> ExportError:
        """The error for what does not fit."""
        return ExportError(f"{self.folder / MANIFEST}: {what}. {_AGAIN}")


def write_vocabularies(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """Write the vocabularies of a preprocessor, and give what is left of its configuration."""
    for argument, name in _VOCABULARIES.items():
        if config[argument]:
            Vocabulary(config[argument]).save(folder / name)
    return {name: value for name, value in config.items() if name not in _VOCABULARIES}


def is_exported(folder: str | PathLike[str]) -> bool:
    """Whether a folder holds an exported model, even a damaged one."""
    return (Path(folder) / MANIFEST).is_file()


def read_manifest(folder: str | PathLike[str]) -> Manifest:
    """The manifest of an exported model, without a look at the other files.

    Raises:
        FileNotFoundError: no such folder, or one that holds no exported model.
        ExportError: a manifest of a later version, or a damaged one.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        raise FileNotFoundError(_no_manifest(path))
    content = read_object(path, ExportError)
    schema = content.get("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise ExportError(
            f"{path}: 'schema' must be {SCHEMA} at most for keras-elmo {__version__}. Received: "
            f"{schema!r:.80}, written by {content.get('keras_elmo_version')!r:.80}. Upgrade: "
            '`pip install -U "keras-elmo[onnx]"`.'
        )
    for name, kind in _FIELDS.items():
        if not isinstance(content.get(name), kind):
            raise ExportError(
                f"{path}: {name!r} must be a {kind.__name__}. Received: "
                f"{content.get(name)!r:.80}. {_AGAIN}"
            )
    if content["kind"] not in KINDS:
        raise ExportError(
            f"{path}: 'kind' must be one of {', '.join(KINDS)}. Received: {content['kind']!r:.80}. "
            f"{_AGAIN}"
        )
    parts = (content[name] for name in _FIELDS)
    return Manifest(Path(folder), *parts)


def check_files(folder: Path) -> None:
    """Make sure that all files of an exported model are there and as they were written.

    Raises:
        ExportError: the file that is not.
    """
    recorded = read_object(folder / MANIFEST, ExportError).get("files")
    if not isinstance(recorded, dict) or not {MODEL, WORDS} <= recorded.keys():
        raise ExportError(
            f"{folder / MANIFEST}: 'files' must name {MODEL} and {WORDS} with their checksums. "
            f"Received: {recorded!r:.80}. {_AGAIN}"
        )
    for name, expected in recorded.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise ExportError(f"{path} is missing: {MANIFEST} names it. {_AGAIN}")
        if (received := _checksum(path)) != expected:
            raise ExportError(
                f"{path} is damaged: it must have the checksum {expected!s:.200} that {MANIFEST} "
                f"has of it. Received: {received}. {_AGAIN}"
            )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _no_manifest(path: Path) -> str:
    folder = path.parent
    if (folder / _MODEL_SIGN).is_file():
        return (
            f"{folder} is a model folder, which Keras reads: it has no {MANIFEST}. Export it: "
            f"`keras-elmo export {folder} out/`; or load it with Keras: "
            f"`keras_elmo.tasks.loading.load_task({str(folder)!r})`."
        )
    missing = "no such folder" if not folder.is_dir() else f"it has no {MANIFEST}"
    return f"{folder} is no exported model: {missing}. `keras-elmo export model/ out/` writes one."
