"""ELMos from the Hugging Face hub, as `hf://user/name`."""

import os
import re
from os import PathLike
from pathlib import Path
from typing import Any

from keras_elmo._extras import needs_extra
from keras_elmo.files.offline import OFFLINE_VARIABLE, is_offline
from keras_elmo.weights.sources.download import DownloadError

_ADDRESS = re.compile(  # a `Path` has lost the second slash
    r"hf:/{1,2}(?P<name>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]+))?(?:/(?P<inner>.+))?"
)


def is_hub_address(path: str | PathLike[str]) -> bool:
    """Whether this is meant as an address of the hub."""
    return os.fspath(path).startswith("hf:/")


def fetch_from_hub(address: str | PathLike[str], *, show_progress: bool = True) -> Path:
    """The folder or file of an ELMo on the hub, fetched into the hub's own cache if need be.

    Args:
        address: `hf://user/name`, perhaps with a branch, tag or commit (`hf://user/name@v1`) and
            a folder or file in it (`hf://user/name/elmo_en`).
        show_progress: a bar for each file.

    Raises:
        DownloadError: there is no such repository, revision or file, or the net fails, or
            `KERAS_ELMO_OFFLINE` is set and it is not there.
        ImportError: huggingface_hub is not installed.
        ValueError: the address is none.
    """
    found = _ADDRESS.fullmatch(os.fspath(address))
    if not found or ".." in (found["inner"] or "").split("/"):
        raise ValueError(
            "an address on the hub must be hf://user/name, hf://user/name@revision or "
            f"hf://user/name/folder. Received: {os.fspath(address)!r}"
        )
    inner = found["inner"]
    folder = Path(
        _snapshot(
            os.fspath(address),
            show_progress,
            repo_id=found["name"],
            revision=found["revision"],
            allow_patterns=[inner, f"{inner}/*"] if inner else None,
            local_files_only=is_offline(),
        )
    )
    place = folder / inner if inner else folder
    if not place.exists():
        raise DownloadError(
            f"{os.fspath(address)}: no such file or folder in the repository {found['name']}."
        )
    return place


def _snapshot(address: str, show_progress: bool, **arguments: Any) -> str:
    needs = f"{address} lies on the Hugging Face hub, which needs the package huggingface_hub"
    with needs_extra("hub", needs):
        import huggingface_hub
        from huggingface_hub.errors import HFValidationError
        from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars
    if not show_progress and not are_progress_bars_disabled():
        disable_progress_bars()
    try:
        return huggingface_hub.snapshot_download(**arguments)
    except HFValidationError as error:
        raise ValueError(f"{address}: {error}") from error
    except Exception as error:  # of the net, the service and the disk: of many classes
        hint = f" {OFFLINE_VARIABLE} forbids to fetch it." if is_offline() else ""
        raise DownloadError(f"{address} cannot be fetched from the hub.{hint} {error}") from error
