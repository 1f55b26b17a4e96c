"""`keras-elmo cache`: features that were computed once and are kept on disk."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from keras_elmo.cli.console import err, out, progress_bar, say

if TYPE_CHECKING:
    from keras_elmo.embedding.store.catalogue import StoreFacts

_Root = Annotated[
    Path | None,
    typer.Option(help="Folder of the cache: else $KERAS_ELMO_CACHE, else ~/.cache/keras-elmo."),
]

cache = typer.Typer(
    no_args_is_help=True, help="List, verify and clear the features that are kept on disk."
)


@cache.command("list")
def list_features(root: _Root = None) -> None:
    """Show whose features are stored, and how much room they take.

    \b
    keras-elmo cache list
    keras-elmo cache list --root /data/elmo
    """
    from keras_elmo.embedding.store.catalogue import list_stores
    from keras_elmo.embedding.store.settings import cache_limit, features_folder, show_bytes

    features = features_folder(root)
    stores = list_stores(features)
    if not stores:
        say(f"No features are stored in {features} yet.")
        return
    out.print(_table(stores))
    total = show_bytes(sum(store.num_bytes for store in stores))
    say(f"{total} of at most {show_bytes(cache_limit())} in {features}")


@cache.command("verify")
def verify_features(
    root: _Root = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Remove what is damaged; it is computed anew.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Read everything that is stored and compare it with its checksums.

    \b
    keras-elmo cache verify
    keras-elmo cache verify --repair
    """
    from keras_elmo.embedding.store.catalogue import list_stores, verify_store
    from keras_elmo.embedding.store.settings import features_folder, show_bytes

    stores = list_stores(features_folder(root))
    total = sum(store.num_bytes for store in stores)
    findings = []
    with progress_bar(quiet=quiet) as progress:
        bar = progress.add_task("verifying", total=total, text=show_bytes(total))
        for store in stores:
            findings += verify_store(
                store.folder, mend=repair, advance=lambda n: progress.advance(bar, n)
            )
    for finding in findings:
        err.print(finding.text, style="red", markup=False, highlight=False, soft_wrap=True)
    if not findings:
        say(f"{len(stores):,} models, {show_bytes(total)}: everything is as written.", quiet=quiet)
    elif repair:
        mended = sum(finding.mended for finding in findings)
        say(f"{mended} of {len(findings)} mended: what was damaged is computed anew.", quiet=quiet)
    else:
        say("`keras-elmo cache verify --repair` removes what is damaged.", quiet=quiet)
    if not all(finding.mended for finding in findings):
        raise typer.Exit(1)


@cache.command("clear")
def clear_features(
    model: Annotated[
        str | None, typer.Argument(help="Name or beginning of a fingerprint; else all models.")
    ] = None,
    root: _Root = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove the features of one model, or of all; they can be computed anew.

    \b
    keras-elmo cache clear elmo_mini_en
    keras-elmo cache clear --yes
    """
    from keras_elmo.embedding.store.catalogue import find_stores, list_stores
    from keras_elmo.embedding.store.folder import remove_store, unfinished_stores
    from keras_elmo.embedding.store.settings import features_folder, show_bytes
    from keras_elmo.files.work_folder import remove_unfinished

    features = features_folder(root)
    stores = list_stores(features) if model is None else find_stores(features, model)
    size = show_bytes(sum(store.num_bytes for store in stores))
    if stores and not yes:
        out.print(_table(stores))
        typer.confirm(f"Remove these {size} of features?", abort=True)
    for store in stores:
        remove_store(store.folder)
    for folder in unfinished_stores(features) if model is None else ():
        remove_unfinished(folder)
    say(f"Removed the features of {len(stores):,} models, {size}, from {features}")


def _table(stores: "list[StoreFacts]") -> Table:
    from keras_elmo.embedding.store.settings import show_bytes

    table = Table("model", "hash", "type", title="Stored features", title_justify="left")
    for column in ("sentences", "tokens", "size"):
        table.add_column(column, justify="right")
    table.add_column("last used")
    for store in stores:
        size = show_bytes(store.num_bytes)
        if not store.model or not store.totals:
            table.add_row("damaged", store.folder.name[:8], "", "", "", size, "")
            continue
        facts, totals = store.model, store.totals
        used = datetime.fromtimestamp(totals.used).strftime("%Y-%m-%d") if totals.used else ""
        names = escape(facts.name) or "–", facts.fingerprint[:8], facts.dtype
        counts = f"{totals.sentences:,}", f"{totals.tokens:,}", size
        table.add_row(*names, *counts, used or "–")
    return table
