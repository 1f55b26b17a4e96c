"""Choose a Keras backend before Keras is imported, or say which command installs one.

Keras decides on its backend at its first import and fails there with a bare ModuleNotFoundError
when that backend is missing. Everything here runs earlier and imports neither Keras nor a backend.
"""

import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

logger = logging.getLogger("keras_elmo")

# In order of preference: where nobody chose, the first one installed is taken.
SUPPORTED = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
DEFAULT = "tensorflow"
# Keras has these as well; they predict but cannot train, so they are used only when asked for.
INFERENCE_ONLY = ("numpy", "openvino")


class BackendError(ImportError):
    """No usable Keras backend: none is installed, or the one asked for is not."""


def ensure_backend() -> str:
    """Make sure that `import keras` will find a backend, and return its name.

    A choice made by the environment variable `KERAS_BACKEND` or by Keras's own `keras.json` is
    kept. Without one TensorFlow is used; where TensorFlow is missing but JAX or PyTorch is
    installed, that one is chosen by setting `KERAS_BACKEND`, and a log line says so.

    Returns:
        `"tensorflow"`, `"jax"` or `"torch"` (`"numpy"` or `"openvino"` if the user asked for it).

    Raises:
        BackendError: no backend is installed, or the chosen one is unknown or not installed.

    Example:
        >>> from keras_elmo._backend import ensure_backend
        >>> ensure_backend()
        'tensorflow'
    """
    # TensorFlow reads this when it is imported; its start-up notices are no news to our users.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if "keras" in sys.modules:  # decided already, and past changing in this process
        import keras

        return keras.config.backend()
    if asked := os.environ.get("KERAS_BACKEND"):
        return _checked(asked, "KERAS_BACKEND")
    # Keras writes `keras.json` with "tensorflow" in it at its first import, whatever is installed:
    # that name is no sign of a choice, any other name is.
    path, configured = _configured()
    if configured != DEFAULT:
        return _checked(configured, str(path))
    return _first_installed()


def installed_backends() -> list[str]:
    """Return the trainable backends this Python can import, the preferred one first."""
    return [name for name in SUPPORTED if _is_installed(name)]


@contextmanager
def held_back_notices() -> Iterator[None]:
    """Keep what C code writes to standard error, and show it only after an exception."""
    if sys.stderr is None:  # it is closed: there is nowhere to show them
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as notices:
        os.dup2(notices.fileno(), 2)
        try:
            yield
        except BaseException:
            notices.seek(0)
            os.write(terminal, notices.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def _is_installed(name: str) -> bool:
    spec = find_spec(name)
    # A plain folder of that name in the working directory is found too, but has no origin.
    return spec is not None and spec.origin is not None


def _configured() -> tuple[Path, str]:
    """Return the path of Keras's settings file and the backend it names."""
    home = os.environ.get("KERAS_HOME")
    path = (Path(home) if home else Path("~/.keras").expanduser()) / "keras.json"
    try:
        return path, json.loads(path.read_text(encoding="utf-8")).get("backend", DEFAULT)
    except (
        OSError,
        ValueError,
        AttributeError,
        RecursionError,
    ):  # Keras ignores an unreadable file as well
        return path, DEFAULT


def _checked(name: str, where: str) -> str:
    """Return `name` if it can be used; `where` tells the user what chose it."""
    if name not in SUPPORTED and name not in INFERENCE_ONLY:
        allowed = ", ".join(repr(known) for known in SUPPORTED)
        raise BackendError(
            f"{where} must name a Keras backend, one of {allowed}. Received: {name!r}. "
            f"Set KERAS_BACKEND to one of them, or leave it unset for the default, {DEFAULT!r}."
        )
    if name == "numpy" or _is_installed(name):
        return name
    present = installed_backends()
    others = f", or set KERAS_BACKEND={present[0]}" if present else ""
    raise BackendError(
        f"{where} chooses the Keras backend {name!r}, which is not installed for {sys.executable}. "
        f"Received: installed backends {present}. Run `{_install_command(name)}`{others}."
    )


def _first_installed() -> str:
    present = installed_backends()
    if not present:
        commands = "\n".join(
            f"    {_install_command(name)}    # {title}" for name, title in SUPPORTED.items()
        )
        raise BackendError(
            "keras-elmo computes on TensorFlow (the default), JAX or PyTorch, and none of them is "
            f"installed for {sys.executable}. Received: installed backends []. Install one:\n"
            f"{commands}"
        )
    chosen = present[0]
    if chosen != DEFAULT:
        # Set once, it is inherited by child processes and found by every later call.
        os.environ["KERAS_BACKEND"] = chosen
        logger.warning(
            "TensorFlow, the default Keras backend, is not installed: using %s. "
            "Set KERAS_BACKEND=%s to choose it yourself and silence this line.",
            SUPPORTED[chosen],
            chosen,
        )
    return chosen


def _install_command(name: str) -> str:
    return f'pip install "keras-elmo[{name}]"' if name in SUPPORTED else f"pip install {name}"
