"""Any published ELMo, told by its content: `load_elmo`."""

import shutil
import tempfile
import weakref
from dataclasses import replace
from os import PathLike
from pathlib import Path

import h5py

from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.allennlp import load_allennlp
from keras_elmo.weights.formats.archives import is_archive, unpack
from keras_elmo.weights.formats.bilm_tf import load_bilm_tf
from keras_elmo.weights.formats.bilm_tf_checkpoint import (
    OPTIONS_FILE,
    checkpoint_prefix,
    load_bilm_tf_checkpoint,
)
from keras_elmo.weights.formats.keras_file import load_preset
from keras_elmo.weights.formats.many_langs import is_many_langs, load_many_langs
from keras_elmo.weights.formats.safetensors_file import is_safetensors, load_safetensors
from keras_elmo.weights.formats.tf_checkpoint import list_checkpoint
from keras_elmo.weights.formats.tf_hub import load_tf_hub
from keras_elmo.weights.formats.torch_file import is_torch_file, list_tensors
from keras_elmo.weights.options import read_options
from keras_elmo.weights.sources.catalogue import catalogue
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import is_preset, list_presets
from keras_elmo.weights.sources.published import PublishedElmo
from keras_elmo.weights.table import listing

FORMATS = (
    "a preset's folder; HDF5 weights with options.json beside them (bilm-tf, AllenNLP, NLPL, "
    "SeqVec); a model of AllenNLP's (.th, .tar.gz or its folder), of ELMoForManyLangs "
    "(its folder); a training checkpoint of bilm-tf; a module of TF-Hub; a zip or tar archive of "
    "these"
)
_WEIGHTS = ("weights.th", "best.th", "model.tar.gz")  # of a folder of AllenNLP's
_HDF5 = (".hdf5", ".h5")


def load_elmo(
    path: str | PathLike[str],
    *,
    options: str | PathLike[str] | None = None,
    embedding: str | PathLike[str] | None = None,
    vocabulary: str | PathLike[str] | None = None,
) -> PublishedElmo:
    """Read an ELMo, whatever its format: that is told by content, not by name.

    Args:
        path: a file, an archive, a folder, or a name, see
            [`locate`][keras_elmo.weights.sources.location.locate].
        options: the options file (JSON) of weights that do not lie beside it.
        embedding: of HDF5 weights that read words, the HDF5 file with the words' vectors, where it
            is apart.
        vocabulary: of a model that reads words, their file, one a line, `<S> </S> <UNK>` first; by
            default `vocab.txt` beside the weights.

    Raises:
        DownloadError: a file cannot be fetched.
        FileNotFoundError: there is nothing, or no options file beside HDF5 weights.
        WeightsError: the files are no ELMo that is known here, damaged, or do not fit together.

    Example:
        >>> elmo = load_elmo("model.tar.gz")
        >>> elmo.format, elmo.config["units"]
        ('model of AllenNLP', 4096)
    """
    place = locate(path)
    chosen = Path(options) if options is not None else None
    elmo = _read(place, str(path), chosen) if embedding is None else _hdf5(place, chosen, embedding)
    return replace(elmo, words=Vocabulary.load(Path(vocabulary)).tokens) if vocabulary else elmo


def _read(place: Path, path: str, chosen: Path | None) -> PublishedElmo:
    """The ELMo of a file or a folder; `path` is what was asked for."""
    if place.is_dir():
        return _folder(place, chosen)
    if (prefix := checkpoint_prefix(place)) is not None:
        return _checkpoint(prefix, chosen)
    if not place.is_file():
        raise FileNotFoundError(
            f"an ELMo must be {', '.join(map(repr, list_presets()))}, one of the "
            f"{len(catalogue())} names that `keras-elmo presets` lists, hf://user/name, or the "
            f"path of {FORMATS}. Received: {path!r}: no such file or folder."
        )
    if h5py.is_hdf5(place):
        return _hdf5(place, chosen)
    if is_torch_file(place):
        return _torch(place, chosen)
    if is_safetensors(place):
        return load_safetensors(place)
    if is_archive(place):
        return _archive(place, chosen)
    if chosen is not None:
        return _hdf5(place, chosen)  # which says what is wrong
    with place.open("rb") as stream:
        head = stream.read(16)
    received = f"a file beginning with {head!r}" if head else "an empty file"
    if head.startswith(b"PK\x03\x04"):
        received = f"{place.stat().st_size:,} bytes of a truncated zip file. Download it anew"
    raise WeightsError(f"{place}: must be one of: {FORMATS}. Received: {received}.")


def check_elmo(
    path: str | PathLike[str],
    weights: str | PathLike[str] | None = None,
    options: str | PathLike[str] | None = None,
) -> None:
    """Look for an ELMo, and into its files where that takes no time.

    Args:
        path: as of `load_elmo`; not looked at where there are `weights` with `options`.
        weights, options: HDF5 weights and their options.

    Raises: as `load_elmo`; of archives and checkpoints only that there are none.
    """
    if weights and options:
        load_bilm_tf(weights, options)
        return
    place = locate(path)
    if is_preset(place):
        load_preset(place)
    elif not place.exists() and checkpoint_prefix(place) is None:
        load_elmo(place)  # which says what there is
    elif place.is_file() and h5py.is_hdf5(place):
        load_elmo(place)


def _archive(path: Path, options: Path | None) -> PublishedElmo:
    folder = tempfile.mkdtemp(prefix="keras-elmo-")
    try:
        unpack(path, Path(folder))
        elmo = _folder(Path(folder), options, inside=path)
        # What was unpacked is needed for as long as arrays may be read from it.
        weakref.finalize(elmo.variables, shutil.rmtree, folder, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, WeightsError | FileNotFoundError):  # its reader knows no folder
            message = str(error).replace(f"{folder}/", f"{path}: ").replace(folder, str(path))
            raise type(error)(message) from error
        raise
    return elmo


def _folder(path: Path, options: Path | None, inside: Path | None = None) -> PublishedElmo:
    """The ELMo of a folder; `inside` is the archive that it was in, if it was in one."""
    if is_preset(path):
        return load_preset(path)
    if any((path / name).is_file() for name in _WEIGHTS):
        return _allennlp_folder(path, options, inside)
    if is_many_langs(path):
        return load_many_langs(path)
    if (path / "variables/variables.index").is_file():
        prefix = path / "variables/variables"
        return load_tf_hub(list_checkpoint(prefix), str(prefix))
    weights = sorted(file for file in path.iterdir() if file.suffix in _HDF5)
    # NLPL's archives name it so; published ones lie beside vectors that are HDF5 as well.
    named = [file for file in weights if file.stem == "model" or "weights" in file.stem]
    if len(named or weights) == 1:
        return _hdf5((named or weights)[0], options)
    if not weights and (prefix := checkpoint_prefix(path)) is not None:
        return _checkpoint(prefix, options)
    inner = [folder for folder in path.iterdir() if folder.is_dir()]
    if not weights and len(inner) == 1:  # archives often begin with a folder
        return _folder(inner[0], options, inside)
    found = sorted(entry.name for entry in path.iterdir())
    raise WeightsError(
        f"{path}: must hold one ELMo: {FORMATS}. Received: {listing(found) or 'an empty folder'}"
    )


def _hdf5(
    path: Path, options: Path | None, embedding: str | PathLike[str] | None = None
) -> PublishedElmo:
    config, variables = load_bilm_tf(path, options or _options_beside(path), embedding)
    words = None
    if config["vocabulary_size"] is not None:
        files = [path.parent / f"vocab.txt{end}" for end in ("", ".gz")]
        words = next((Vocabulary.load(file).tokens for file in files if file.is_file()), None)
    return PublishedElmo("HDF5 weights of bilm-tf", config, variables, words)


def _options_beside(weights: Path) -> Path:
    """The options file of HDF5 weights: by name, or the only one in the folder."""
    folder, stem = weights.parent, weights.stem
    for name in (f"{stem.removesuffix('weights')}options.json", "options.json"):
        if (folder / name).is_file():
            return folder / name
    found = sorted(folder.glob("*options*.json"))
    if len(found) == 1:
        return found[0]
    raise FileNotFoundError(
        f"{weights}: expected its options file (JSON) beside it, such as options.json. Received: "
        f"{', '.join(file.name for file in found) or 'none'}. Name the file (`options=`, on the "
        "command line `--options`)."
    )


def _checkpoint(prefix: Path, options: Path | None) -> PublishedElmo:
    config, variables = load_bilm_tf_checkpoint(
        list_checkpoint(prefix),
        options or prefix.parent / OPTIONS_FILE,
        where=str(prefix),
        softmax=False,
    )
    ignored = ["lm/softmax/W", "lm/softmax/b"]
    return PublishedElmo("training checkpoint of bilm-tf", config, variables, ignored=ignored)


def _torch(path: Path, options: Path | None) -> PublishedElmo:
    stated = read_options(options) if options else None
    return load_allennlp(list_tensors(path), str(path), stated)


def _allennlp_folder(path: Path, options: Path | None, inside: Path | None) -> PublishedElmo:
    weights = next(path / name for name in _WEIGHTS if (path / name).is_file())
    if options is None:
        options = next(iter(sorted(path.rglob("*options*.json"))), None)
    if not is_archive(weights) or is_torch_file(weights):
        return _torch(weights, options)
    if inside:  # one could hold itself
        raise WeightsError(
            f"{inside}: must hold weights. Received: another archive in it, {weights.name}. Unpack "
            "it first."
        )
    return _archive(weights, options)
