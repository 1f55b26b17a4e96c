"""Files from the net: resumed where they broke off, checked, and there only when they are whole."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from keras_elmo.files.offline import OFFLINE_VARIABLE, is_offline
from keras_elmo.weights.errors import WeightsError

if TYPE_CHECKING:
    import requests

MOST_BYTES = 8 * 2**30
_CHUNK = 2**16
_ATTEMPTS, _WAIT_SECONDS, _STALL_SECONDS = 5, 1.0, 30.0


class DownloadError(OSError):
    """A file that could not be had from the net."""


def download(
    url: str,
    path: Path,
    *,
    num_bytes: int | None = None,
    sha256: str | None = None,
    on_bytes: Callable[[int, int | None], None] = lambda done, total: None,
    wait_seconds: float = _WAIT_SECONDS,
    stall_seconds: float = _STALL_SECONDS,
) -> None:
    """Fetch a file.

    What arrives is kept in `<name>.part` and continued, now and by later calls, as long as the
    server says that the file is the same one.

    Args:
        url: http or https.
        path: where to; its folder exists.
        num_bytes, sha256: what the file must have, where that is known.
        on_bytes: called with the bytes so far and in all (None where the server does not say).
        wait_seconds: before another attempt; doubled every time.
        stall_seconds: without any byte, after which an attempt is given up.

    Raises:
        DownloadError: five attempts brought nothing, there is no such file, or
            `KERAS_ELMO_OFFLINE` is set.
        WeightsError: the file is not the one that was asked for; nothing of it is kept.
    """
    if is_offline():
        raise DownloadError(
            f"{path.name} is not there, and {OFFLINE_VARIABLE} forbids to fetch it. Get {url} "
            f"elsewhere and put it to {path}"
        )
    import requests

    fetching = _Fetching(url, path.with_name(f"{path.name}.part"), num_bytes, on_bytes)
    failures = 0
    is_whole = sha256 is not None and fetching.done == num_bytes  # a kill came before its renaming
    while failures < _ATTEMPTS and not is_whole:
        before = fetching.done
        try:
            fetching.attempt(stall_seconds)
            break
        except (requests.RequestException, _IncompleteError) as error:
            failures = 0 if fetching.done > before else failures + 1
            if failures == _ATTEMPTS or _is_final(error):
                raise DownloadError(
                    f"{url} could not be fetched ({error}). {fetching.done:,} bytes are kept in "
                    f"{fetching.part}; call again to go on."
                ) from error
            time.sleep(wait_seconds * 2**failures)
    _check(url, fetching.part, num_bytes, sha256)
    fetching.tag_file.unlink(missing_ok=True)
    os.replace(fetching.part, path)


class _IncompleteError(Exception):
    """Fewer bytes than the server promised."""


def _is_final(error: Exception) -> bool:
    """Whether another attempt cannot help: the server knows no such file."""
    response: requests.Response | None = getattr(error, "response", None)
    return response is not None and 400 <= response.status_code < 500


class _Fetching:
    """A file on its way to `part`, with the server's tag of it in a file beside."""

    def __init__(
        self,
        url: str,
        part: Path,
        num_bytes: int | None,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        self.url, self.part, self.num_bytes, self._on_bytes = url, part, num_bytes, on_bytes
        self.tag_file = part.with_name(f"{part.name}.tag")

    @property
    def done(self) -> int:
        """Bytes that are there."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def attempt(self, stall_seconds: float) -> None:
        """Continue what is there if the server still has the same file, or begin anew."""
        import requests

        headers = {"Accept-Encoding": "identity"}
        tag = self.tag_file.read_text() if self.done and self.tag_file.is_file() else ""
        if tag:
            headers |= {"Range": f"bytes={self.done}-", "If-Range": tag}
        with requests.get(
            self.url, headers=headers, stream=True, timeout=stall_seconds
        ) as response:
            if response.status_code == 416:  # it ends where we are, or before
                self.forget()
                raise _IncompleteError("the server cannot continue the file")
            response.raise_for_status()
            self._read(response)

    def forget(self) -> None:
        """Remove what is there."""
        self.part.unlink(missing_ok=True)
        self.tag_file.unlink(missing_ok=True)

    def _read(self, response: "requests.Response") -> None:
        said = response.headers
        continued = said.get("Content-Range", "").startswith(f"bytes {self.done}-")
        done = self.done if response.status_code == 206 and continued else 0
        if not done:  # first: what is there must not be continued under another file's tag
            self.part.unlink(missing_ok=True)
        tag = said.get("ETag") or said.get("Last-Modified") or ""
        self.tag_file.write_text("" if tag.startswith("W/") else tag)  # weak ones cannot continue
        length = said.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        with self.part.open("ab" if done else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                done += len(chunk)
                if done > (self.num_bytes or MOST_BYTES):
                    raise self._too_long()
                file.write(chunk)
                self._on_bytes(done, total or self.num_bytes)
        if total is not None and done < total:
            raise _IncompleteError(f"{done:,} of {total:,} bytes arrived")

    def _too_long(self) -> WeightsError:
        self.forget()
        limit = f"{self.num_bytes:,}" if self.num_bytes else f"at most {MOST_BYTES:,}"
        return WeightsError(f"{self.url}: must have {limit} bytes. Received more; nothing is kept.")


def _check(url: str, part: Path, num_bytes: int | None, sha256: str | None) -> None:
    received = part.stat().st_size
    problem = ""
    if num_bytes is not None and received != num_bytes:
        problem = f"must have {num_bytes:,} bytes. Received: {received:,}"
    elif sha256 is not None:
        with part.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            problem = f"must have the sha256 {sha256}. Received: {found}"
    if problem:
        part.unlink()
        part.with_name(f"{part.name}.tag").unlink(missing_ok=True)
        raise WeightsError(
            f"{url}: {problem}. It is another file than was published; nothing of it is kept."
        )
