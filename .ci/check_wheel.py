"""Check the installed wheel, in an environment without any Keras backend."""

from importlib.resources import files
from importlib.util import find_spec

import keras_elmo

FRAMEWORKS = ("tensorflow", "jax", "torch")


def check(condition: bool, what: str) -> None:
    """Print what holds, or end with what does not."""
    if not condition:
        raise SystemExit(f"wheel: {what}: NO")
    print(f"wheel: {what}: yes")  # noqa: T201


def missing_backend_message() -> str:
    """Return the error that a user without a backend sees."""
    try:
        keras_elmo.ElmoBackbone  # noqa: B018
    except ImportError as error:
        return str(error)
    return ""


check(not any(find_spec(name) for name in FRAMEWORKS), "no backend is installed")
check('pip install "keras-elmo[tensorflow]"' in missing_backend_message(), "says how to get one")
check((files("keras_elmo") / "py.typed").is_file(), "carries its type marker")
check((files("keras_elmo") / "presets" / "elmo_mini_en").is_dir(), "carries elmo_mini_en")
check((files("keras_elmo") / "serving/page/page.js").is_file(), "carries the page")
check("elmo_mini_en" in keras_elmo.list_presets(), "lists elmo_mini_en without a backend")
