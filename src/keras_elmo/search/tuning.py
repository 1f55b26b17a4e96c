"""The search: begin or continue a study, run trials until the budget is spent."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from keras_elmo.data.datasets import MULTI_LABEL
from keras_elmo.elmo.variables import arrays_by_path
from keras_elmo.embedding.store.fingerprint import fingerprint
from keras_elmo.files.folder_lock import locked_folder
from keras_elmo.metrics.selection import Selection
from keras_elmo.search.kind_spaces import space_for
from keras_elmo.search.ledger import Ledger, TrialRow
from keras_elmo.search.space import SPACES, Choice, Space, check_space, read_space
from keras_elmo.search.study import Study, begun_as, check_folder
from keras_elmo.search.trial import FAILED, INTERRUPTED, run_trial
from keras_elmo.search.workers import run_side_by_side
from keras_elmo.tasks.registry import class_for
from keras_elmo.weights.sources.presets import OWN_VECTORS
from keras_elmo.workflows.labelled_files import LabelledData
from keras_elmo.workflows.options import training_options
from keras_elmo.workflows.runs import NO_VECTORS, TrainingRun
from keras_elmo.workflows.usual_settings import usual_scheme

# Where something lies is not what it is: the identity of a search has their contents.
_PLACES = ("data", "dev", "word_vectors", "preset", "weights", "options")


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        folder: with `best/`, the best trial's model.
        trials: the trials that ended.
        best: the best one; None where none was complete.
        selection: by what trials are compared.
        importance: each parameter's share of what makes a trial good, the greatest first.
        command: the `keras-elmo train` that repeats the best one; empty where there is none.
        seed: the seed of everything random.
        interrupted: whether Ctrl-C ended it.
    """

    folder: Path
    trials: list[TrialRow]
    best: TrialRow | None
    selection: Selection
    importance: Mapping[str, float]
    command: list[str]
    seed: int
    interrupted: bool = False


def tune(
    data: str | PathLike[str],
    output: str | PathLike[str],
    *,
    space: Space | str = "frozen",
    trials: int = 40,
    max_seconds: float | None = None,
    jobs: int = 1,
    resume: bool = False,
    on_epoch: Callable[[int, int, float], None] = lambda number, epoch, score: None,
    on_trial: "Callable[[TrialRow, SearchResult], None]" = lambda row, result: None,
    **options: Any,
) -> SearchResult:
    """Search the settings of a training; each trial is what `keras-elmo train` does with them.

    The first trial has the settings of `train` itself, the next nine are drawn at random, then a
    tree-structured Parzen estimator learns from those before (Bergstra et al. 2011). A trial whose
    epochs are worse than the median of the others is pruned. Killed at any moment, the search goes
    on with `resume=True`, with the trials that it would have had otherwise.

    Args:
        data: the labelled file.
        output: folder of the search: `study.db` and `best/`, the model of the best trial.
        space: option of `train` → `Float`, `Int` or `Choice`, see `keras_elmo.search.space`; or
            `"frozen"` or `"fine-tuning"` (ELMo trains too), each with what matters for the kind of
            the data; or a Python file that defines `SPACE`.
        trials: the number of trials, with those before a search was continued.
        max_seconds: no trial begins later, and a running one is left behind its epoch then.
        jobs: how many trials run at once, each in a process of its own. A program that takes more
            than one calls this under `if __name__ == "__main__":`.
        resume: continue the search in `output` where there is one.
        on_epoch, on_trial: called for progress: with trial, epoch and score; with a trial that
            ended, and what was found so far.
        options: options of `keras-elmo train`, by their Python names, for all trials. What is
            given here is not searched.

    Raises:
        ValueError: the space or the study cannot be used, the study was begun with something else,
            or no trial could be trained.
        FileExistsError: `output` holds something and `resume` is false.

    Example:
        >>> from keras_elmo.search.space import DEFAULT_SPACE, Float
        >>> space = {**DEFAULT_SPACE, "dropout": Float(0.1, 0.5)}
        >>> result = keras_elmo.tune("reviews.csv", "search/", space=space, trials=20)
        >>> result.best.score, result.best.parameters
    """
    known = list(training_options())[1:]  # without the data
    unknown = [name for name in options if name not in known]
    if unknown or trials < 1 or jobs < 1:
        raise ValueError(
            f"a search takes trials >= 1, jobs >= 1 and the options {', '.join(known)}. Received: "
            f"trials={trials}, jobs={jobs}, {', '.join(unknown) or 'no other option'}"
        )
    run = TrainingRun.from_options({"data": data, **options})
    given = {name for name in options if options[name] is not None}
    folder = Path(output)
    space = read_space(space) if isinstance(space, str) else space
    _check(space if isinstance(space, Mapping) else SPACES[space], run, options, given)
    check_folder(folder, resume)
    found = run.read()
    if isinstance(space, str):
        space = _named_space(space, found, folder, given)
    space = _without(space, given)
    if found.held_out is None:
        raise ValueError(
            "a search compares trials on a development set. Received: none. Give `dev`, or "
            "`dev_split` above 0."
        )
    run = replace(run, metric=search_metric(run, found, space, folder))
    identity = _identity(run, found, space)
    with locked_folder(folder):
        study = Study(folder, space, _with_usual(run, found), run.seed)
        defaults = {x.name: x.default for x in fields(run)} | _NOT_THERE_BEFORE
        study.continue_as(identity, defaults | {"metric": _earlier_metric(run, found)})
        ledger: Ledger

        def report(row: TrialRow) -> None:
            on_trial(row, _result(ledger, run, folder))

        ledger = Ledger(study, run, found, folder, trials, max_seconds, on_epoch, report)
        interrupted = _run(ledger, jobs)
        result = _result(ledger, run, folder, interrupted)
    if result.trials and all(row.state == FAILED for row in result.trials):
        raise ValueError(
            f"none of {len(result.trials)} trials could be trained. The last one: "
            f"{result.trials[-1].reason}"
        )
    return result


def _check(space: Space, run: TrainingRun, options: Iterable[str], given: set[str]) -> None:
    searched = _without(space, given)
    run.check_start([*options, *searched])
    check_space(searched, asdict(run))


def _without(space: Space, given: set[str]) -> dict[str, Any]:
    """The space without what is given, which is the same in all trials."""
    return {name: spec for name, spec in space.items() if name not in given}


def _named_space(name: str, data: LabelledData, folder: Path, given: set[str]) -> Space:
    """The space of the data's kind; of a search that an earlier version began the one it had."""
    earlier = SPACES[name]
    as_begun = {name: repr(spec) for name, spec in _without(earlier, given).items()}
    return earlier if begun_as(folder).get("space") == as_begun else space_for(data.rows, name)


def search_metric(run: TrainingRun, data: LabelledData, space: Space, folder: Path) -> str | None:
    """The metric that all trials are told, so that they can be compared; None is the usual default.

    With class weights in some trials it is what is the default with them. A search that was begun
    in `folder` goes on with its own.
    """
    weights = space.get("class_weight", Choice(run.class_weight))
    given = [weight for weight in getattr(weights, "values", ()) if weight is not None]
    usual, *others = [replace(run, class_weight=w).selection(data) for w in (None, *given)]
    default = usual.metric if not others else others[-1].metric
    begun = begun_as(folder).get("option")
    if run.metric is None and begun is not None:
        default = begun.get("metric") or _earlier_metric(run, data)
    return run.metric if {default} == {one.metric for one in (usual, *others)} else default


def _earlier_metric(run: TrainingRun, data: LabelledData) -> str:
    """What trials were compared by before class weights and several labels changed the default."""
    if data.rows.kind == MULTI_LABEL:
        return "accuracy"
    return replace(run, metric=None, class_weight=None).selection(data).metric


def _run(ledger: Ledger, jobs: int) -> bool:
    """Run all trials; whether that was interrupted."""
    try:
        if jobs == 1:
            _run_here(ledger)
        else:
            run_side_by_side(ledger, jobs)
    except KeyboardInterrupt:
        return True
    finally:
        ledger.drop_running()
    return False


def _run_here(ledger: Ledger) -> None:
    while begun := ledger.begin():
        after_epoch = partial(ledger.after_epoch, begun.number)
        outcome = run_trial(begun.run, ledger.data, begun.folder, after_epoch, ledger.is_best)
        ledger.end(begun.number, outcome)
        if outcome.state == INTERRUPTED:
            raise KeyboardInterrupt


def _result(
    ledger: Ledger, run: TrainingRun, folder: Path, interrupted: bool = False
) -> SearchResult:
    best, command = ledger.best(), []
    if best:
        command = replace(run, **best.parameters).command("model")
    importance = ledger.study.importance()
    return SearchResult(
        folder,
        ledger.rows(),
        best,
        run.selection(ledger.data),
        importance,
        command,
        run.seed,
        interrupted,
    )


# Where an earlier version had no such option: what it did.
_NOT_THERE_BEFORE = {"recurrent_dropout": 0.0}


def _with_usual(run: TrainingRun, data: LabelledData) -> dict[str, Any]:
    """All settings of a training, also those that the data and the task decide."""
    task = class_for(data.rows.kind)
    usual = {"learning_rate": task.head_rate, "word_shape_dim": task.shape_dim or 0}
    usual["scheme"] = usual_scheme(data.rows)
    return asdict(run) | {name: x for name, x in usual.items() if getattr(run, name) is None}


def _identity(run: TrainingRun, data: LabelledData, space: Space) -> dict[str, Any]:
    """What all trials of one study share."""
    rows = [data.rows.texts, data.rows.labels]
    held_out = data.held_out
    rows += [held_out.texts, held_out.labels] if held_out else []
    digest = hashlib.sha256(json.dumps(rows).encode())
    if run.word_vectors in (OWN_VECTORS, NO_VECTORS):
        digest.update(run.word_vectors.encode())
    elif run.word_vectors:
        with Path(run.word_vectors).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    backbone, _ = run.load_elmo()
    settings = asdict(run) | {"metric": run.selection(data).metric}
    return {
        "data": digest.hexdigest(),
        "ELMo": fingerprint(backbone.get_config(), arrays_by_path(backbone)),
        "option": {
            name: value
            for name, value in settings.items()
            if name not in _PLACES and name not in space
        },
        "space": {name: repr(spec) for name, spec in space.items()},
    }
