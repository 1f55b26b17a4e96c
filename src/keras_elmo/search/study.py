"""The study: Optuna's record of all trials, in a file that survives a kill (extra `search`)."""

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo._extras import needs_extra
from keras_elmo.files.folder_lock import LOCK
from keras_elmo.search.space import Choice, Int, Space, Spec, matters, ordered

with needs_extra("search", "a search needs Optuna"):
    import optuna
    from optuna.trial import FrozenTrial, Trial, TrialState
    from sqlalchemy import URL  # which Optuna brings
    from sqlalchemy.exc import SQLAlchemyError

STUDY_FILE = "study.db"
NUMBER, FACTS = "number", "facts"  # what is kept with a trial
_NAME = "keras-elmo"
_DRAWN_AT_RANDOM = 10  # trials before the sampler begins to learn from them
_NEVER_PRUNED, _WARM_UP = 5, 2  # the first trials; the first epochs of all others


def _as_chosen(begun: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a search without what an earlier version did not choose, or not yet so.

    One had no name for the metric that is the default. One without `steps` had defaults of what is
    chosen now.
    """
    begun = {name: x for name, x in begun.items() if name != "metric" or x is not None}
    if "steps" in begun:
        return begun
    was = {"epochs": 10, "patience": 3}
    unsaid = [n for n in was if n in now and now[n] is None and begun.get(n) == was[n]]
    return {**begun, **dict.fromkeys(unsaid)}


def check_folder(folder: Path, resume: bool) -> None:
    """Refuse a folder that holds something, or no search to continue.

    Raises:
        FileExistsError: something is there that is not to be continued.
        FileNotFoundError: it is no search.
    """
    begun = folder.is_dir() and any(path.name != LOCK for path in folder.iterdir())
    if begun and not resume:
        raise FileExistsError(
            f"{folder} exists already and is left as it is. Choose another folder, or continue its "
            "search with `resume=True`, on the command line --resume."
        )
    if begun and not (folder / STUDY_FILE).is_file():
        raise FileNotFoundError(
            f"{folder} has no {STUDY_FILE}: it holds no search to continue. Choose another folder."
        )


def begun_as(folder: Path) -> dict[str, Any]:
    """The identity that a search in a folder was begun with; empty where there is none."""
    path = folder / STUDY_FILE
    if not path.is_file():
        return {}
    with _readable(path):
        study = optuna.load_study(study_name=_NAME, storage=_url(path))
        return study.user_attrs.get("identity", {})


class Study:
    """All trials so far, each of them drawn from those before it.

    Args:
        folder: the folder of the study's file, which is made where there is none.
        space: the settings that are searched.
        fixed: the settings that all trials share.
        seed: the seed of the draws.

    Raises:
        ValueError: the file is damaged, or no study.
    """

    def __init__(self, folder: Path, space: Space, fixed: Mapping[str, Any], seed: int) -> None:
        self._space, self._fixed, self._seed = space, fixed, seed
        self._path = folder / STUDY_FILE
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        pruner = optuna.pruners.MedianPruner(_NEVER_PRUNED, _WARM_UP + 1)
        with _readable(self._path):
            # One process writes, whatever the number of workers, and each write is a transaction:
            # a kill leaves whole what was recorded until then.
            self._study = optuna.create_study(
                storage=_url(self._path),
                study_name=_NAME,
                direction="maximize",
                pruner=pruner,
                load_if_exists=True,
            )

    def continue_as(
        self, identity: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
    ) -> None:
        """Make sure that it is the study of this data and these settings; drop what a kill left.

        Args:
            identity: what all trials of one study must share, ready for JSON.
            defaults: of its options, which a study of a version without one of them had.

        Raises:
            ValueError: it was begun with another identity.
        """
        now = json.loads(json.dumps(identity))
        with _readable(self._path):
            begun = self._study.user_attrs.get("identity")
            if begun is not None and defaults:
                known = {name: defaults[name] for name in now["option"]}
                begun["option"] = known | _as_chosen(begun["option"], now["option"])
            if begun is None and self._study.trials:
                raise ValueError(f"{self._path} is the study of another program.")
            if begun is None:
                self._study.set_user_attr("identity", now)
            elif begun != now:
                raise ValueError(
                    "a continued search keeps its data, options, space and seed, or its trials "
                    f"could not be compared. Received: {'; '.join(_changes(begun, now))}. Give "
                    "those it began with, or choose another folder."
                )
            for trial in self._study.get_trials(states=[TrialState.RUNNING]):
                self._study.tell(trial.number, state=TrialState.FAIL)

    @property
    def seconds(self) -> float:
        """How long it was searched, until `seconds` was last set."""
        return self._study.user_attrs.get("seconds", 0.0)

    @seconds.setter
    def seconds(self, value: float) -> None:
        self._study.set_user_attr("seconds", value)

    def trials(self) -> list[FrozenTrial]:
        """Those that count, also the running ones; not those that a kill or Ctrl-C ended."""
        return [trial for trial in self._study.trials if trial.state != TrialState.FAIL]

    def ask(self) -> tuple[Trial, dict[str, Any]]:
        """Begin a trial; returns it with its settings."""
        count = len(self.trials())
        # A seed for each: a continued study draws what an uninterrupted one would have drawn.
        seed = int(np.random.SeedSequence([self._seed, count]).generate_state(1)[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            # A running trial counts as a bad one, so that two do not try the same.
            self._study.sampler = optuna.samplers.TPESampler(
                seed=seed, n_startup_trials=_DRAWN_AT_RANDOM, constant_liar=True
            )
        if not count and not self._study.get_trials(states=[TrialState.WAITING]):
            self._study.enqueue_trial(self._defaults())
        trial = self._study.ask()
        trial.set_user_attr(NUMBER, count + 1)
        settings = dict(self._fixed)
        for name in ordered(self._space):
            if matters(name, settings):
                settings[name] = _draw(trial, name, self._space[name])
        return trial, {name: settings[name] for name in trial.params}

    def _defaults(self) -> dict[str, Any]:
        """The settings of `train` itself, as far as the space has them: to be beaten."""
        own = {name: self._fixed.get(name) for name in self._space}
        return {name: value for name, value in own.items() if value in self._space[name]}

    def tell(
        self, trial: Trial, state: TrialState, score: float | None, facts: Mapping[str, Any]
    ) -> FrozenTrial:
        """End a trial; the facts are kept with it, among them the `loss` of a complete one."""
        with _readable(self._path):
            trial.set_user_attr(FACTS, dict(facts))
            return self._study.tell(trial, score, state)

    def report(self, trial: Trial, epoch: int, score: float) -> bool:
        """Enter the score of an epoch; whether it is worse than it must be to go on.

        Epochs are what trials are compared at: one is as many examples in each of them, whatever
        its batch size.
        """
        with _readable(self._path):
            trial.report(score, epoch)
            return bool(trial.should_prune())

    def best(self) -> FrozenTrial | None:
        """The complete trial with the highest score; of equals the one with the lowest loss."""
        done = [trial for trial in self.trials() if trial.state == TrialState.COMPLETE]
        return max(done, key=lambda t: (t.value, -t.user_attrs[FACTS]["loss"]), default=None)

    def importance(self) -> dict[str, float]:
        """Each parameter's share of what makes a trial good; empty where it is too early."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The default of older Optunas needs scikit-learn.
            evaluator = optuna.importance.PedAnovaImportanceEvaluator()
            try:
                found = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
            except (ValueError, RuntimeError):  # too few complete trials
                return {}
        return {name: float(share) for name, share in found.items()}


def _url(path: Path) -> str:
    return URL.create("sqlite", database=str(path)).render_as_string()


def _draw(trial: Trial, name: str, spec: Spec) -> Any:
    if isinstance(spec, Choice):
        return trial.suggest_categorical(name, spec.values)
    if isinstance(spec, Int):
        return trial.suggest_int(name, spec.low, spec.high)
    return trial.suggest_float(name, spec.low, spec.high, log=spec.log)


def _changes(begun: Mapping[str, Any], now: Mapping[str, Any]) -> Sequence[str]:
    """What differs between two identities, part by part."""
    changes = []
    for part in dict.fromkeys([*begun, *now]):
        old, new = begun.get(part), now.get(part)
        if isinstance(old, dict) and isinstance(new, dict):
            names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
            changes += [f"{part}: {name} {old.get(name)} → {new.get(name)}" for name in names]
        elif old != new:
            changes.append(f"other {part}")
    return changes


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say what is wrong with a study's file where Optuna or SQLite cannot use it."""
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError) as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise ValueError(
            f"{path} cannot be used as the study of a search. Received: {reason}. Bring back a "
            "copy of it, or begin a new search in another folder; the models here stay as they are."
        ) from error
