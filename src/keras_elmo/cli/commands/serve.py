"""`keras-elmo serve`: trained models behind HTTP, with a page to try them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_elmo.cli.command_lines import command_line
from keras_elmo.cli.console import say, warn
from keras_elmo.cli.trained import load_trained
from keras_elmo.serving.limits import Limits

if TYPE_CHECKING:
    from keras_elmo.serving.served_model import Predictor

_LOOPBACK = ("127.", "::1", "localhost")
_LIMITS = "Limits"


def _limit(flag: str, text: str, least: int = 1) -> Any:
    return typer.Option(flag, help=text, min=least, rich_help_panel=_LIMITS)


def serve(
    models: Annotated[
        list[str],
        typer.Argument(help="Model folders; NAME=FOLDER names one otherwise than its folder."),
    ],
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 for any.")] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with a token that requests must bring (Authorization: Bearer)."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(help="Origin whose pages may ask, such as https://example.org; repeatable."),
    ] = None,
    max_body: Annotated[int, _limit("--max-body", "Bytes of a request at most.")] = Limits.body,
    max_texts: Annotated[int, _limit("--max-texts", "Texts of a request at most.")] = Limits.texts,
    max_characters: Annotated[
        int, _limit("--max-characters", "Characters of a text at most.")
    ] = Limits.characters,
    queue: Annotated[
        int, _limit("--queue", "Texts of all clients that wait at most; more get 429.")
    ] = Limits.queue,
    deadline: Annotated[
        float, _limit("--deadline", "Seconds until an answer at most; then 503.")
    ] = Limits.deadline,
    drain: Annotated[
        float, _limit("--drain", "Seconds that accepted requests get after SIGTERM.")
    ] = Limits.drain,
    batch_size: Annotated[
        int, _limit("--batch-size", "Texts that are computed together at most.")
    ] = Limits.batch_size,
    batch_words: Annotated[
        int, _limit("--batch-words", "Words of them at most, with padding.")
    ] = Limits.batch_words,
) -> None:
    """Serve trained models: POST /predict for programs, a page for people.

    Needs the extra: pip install "keras-elmo\\[serve]".

    \b
    keras-elmo serve model/
    keras-elmo serve sentiment/ names=tagger/ --port 9000
    curl localhost:8000/predict -H 'Content-Type: application/json' -d '{"texts": ["a joy"]}'
    """
    from keras_elmo.serving.served_model import check_names

    limits = Limits(
        body=max_body,
        texts=max_texts,
        characters=max_characters,
        queue=queue,
        deadline=deadline,
        drain=drain,
        batch_size=batch_size,
        batch_words=batch_words,
    )
    named = [_named(model) for model in models]
    check_names([name for name, _ in named])
    token = _read_token(token_file) if token_file else None
    from keras_elmo.serving.app import Access, make_app
    from keras_elmo.serving.server import address_of, log_as_json, open_socket, run
    from keras_elmo.tasks.task_labels import read_task_labels

    for _, folder in named:
        read_task_labels(folder)  # what is no model is told now
    listener = open_socket(host, port)
    if token is None and not host.startswith(_LOOPBACK):
        warn(f"everyone who reaches {host} can use this server. --token-file asks for a token.")
    served = [_load(name, folder) for name, folder in named]
    access = Access(token, tuple(cors or ()))
    app = make_app(served, limits=limits, access=access)
    log_as_json()
    address = address_of(listener)
    run(
        app,
        listener,
        ready=lambda: say(f"Serving {', '.join(name for name, _ in named)} at {address}"),
    )


def _named(model: str) -> tuple[str, str]:
    """The name that clients use, and the folder."""
    name, sign, folder = model.partition("=")
    return (name, folder) if sign and "/" not in name else (Path(model).resolve().name, model)


def _read_token(path: Path) -> str:
    token = path.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or len(token.split()) > 1:
        raise ValueError(
            f"{path}: must hold one token, of ASCII characters. Received: {len(token)}"
        )
    return token


def _load(name: str, folder: str) -> "Predictor":
    from keras_elmo.runtime.manifest import is_exported
    from keras_elmo.serving.served_model import Predictor

    runs_on = "ONNX Runtime"
    if not is_exported(folder):
        runs_on = "Keras"
        export = command_line("export", folder, f"{Path(folder).resolve().name}-exported")
        say(f"{folder} runs on Keras. Exported it starts at once, and needs no Keras: {export}")
    return Predictor(name, load_trained(Path(folder)), _measures(folder), runs_on)


def _measures(folder: str) -> Mapping[str, float]:
    """The measures of a run that trained it, as far as they are single numbers."""
    from keras_elmo.files.json_files import read_object

    path = Path(folder) / "metrics.json"
    found = read_object(path) if path.is_file() else {}
    return {name: value for name, value in found.items() if isinstance(value, float)}
