"""Pre-training learns, and an interruption changes nothing but the time it takes."""

import dataclasses
import json
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.backbone_config import BackboneConfig
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining import training
from keras_elmo.pretraining.checkpoint import load_checkpoint
from keras_elmo.pretraining.config import PretrainingConfig, Progress
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.optimizers import LoggingAdam
from keras_elmo.pretraining.training import pretrain
from keras_elmo.text.vocabulary import MARKS

# Sentences of one length in whole batches of 8: one shape to compile for.
SENTENCES = [[["a", "the"][i % 2], ["dog", "cat"][i % 2], "never", "barks"] for i in range(40)]
CORPUS = encode_sentences(SENTENCES, MARKS)
BACKBONE = {
    "projection_dim": 4,
    "units": 8,
    "num_layers": 1,
    "max_characters_per_token": 8,
    "char_embedding_dim": 4,
    "char_filters": [[1, 4], [2, 4]],
    "num_highways": 1,
    "dropout": 0.1,  # its random states must survive an interruption too
}


def settings_for(steps, **changes):
    """A budget of so many steps: each batch has 8 sentences of 4 words, and their ends."""
    arguments = {
        "vocabulary_size": len(CORPUS.types),
        "num_samples": 6,
        "tokens_per_batch": 40,
        "learning_rate": 0.1,
        "warmup_steps": 3,
        "max_tokens": 40 * steps,
    }
    return PretrainingConfig(**{**arguments, **changes})


def run(folder, config, interrupt_at=None, begin=BACKBONE, corpus=CORPUS, **kwargs):
    """Return the losses of a run, and what `pretrain` returned (None where interrupted)."""
    losses = []

    def on_step(progress, loss):
        losses.append(loss)
        if progress.step == interrupt_at:
            raise KeyboardInterrupt

    try:
        return losses, pretrain(corpus, begin, config, folder, on_step=on_step, **kwargs)
    except KeyboardInterrupt:
        return losses, None


def begun(config):
    """A model to begin with that is the same on every backend."""
    keras.utils.set_random_seed(14)  # of the dropout
    model = ElmoLanguageModel(ElmoBackbone(**BACKBONE), config.vocabulary_size, config.cutoffs)
    random = np.random.default_rng(14)
    for weight in model.trainable_weights:
        if len(weight.shape) > 1:
            weight.assign(0.5 * random.normal(size=weight.shape))
    return model


MODES = {
    "sentences": {},
    "streams": {"unroll": 5},
    "adaptive": {"softmax": "adaptive"},
    "adagrad": {"unroll": 5, "optimizer": "adagrad", "learning_rate": 1.0},
}


@pytest.mark.compiled
@pytest.mark.parametrize(
    "mode",
    [
        pytest.param("sentences", marks=pytest.mark.portable),
        pytest.param("streams", marks=pytest.mark.portable),
        pytest.param("adaptive", marks=[pytest.mark.portable_slow, pytest.mark.slow]),
        pytest.param("adagrad", marks=pytest.mark.portable_slow),
    ],
)
def test_learns_and_resumes_exactly(tmp_path, mode):
    """Weights, moments, dropout and, in streams, the carried state go on as they were."""
    config = settings_for(40, **MODES[mode])
    whole, (_, progress) = run(tmp_path / "whole", config, begin=begun(config))
    assert progress.step == len(whole) == 40
    assert np.mean(whole[-5:]) < 0.6 * np.mean(whole[:5])

    first, interrupted = run(tmp_path / "parts", config, interrupt_at=9, begin=begun(config))
    assert interrupted is None
    _, state = load_checkpoint(tmp_path / "parts")
    assert state["progress"]["step"] == len(first) == 9
    second, (_, progress) = run(tmp_path / "parts", config, resume=True)
    np.testing.assert_allclose(first + second, whole, atol=1e-6, rtol=1e-6)
    assert progress.step == len(whole)


@pytest.mark.compiled
def test_batches_of_all_lengths_resume_to_the_bit(tmp_path):
    """Wherever a run begins, its first batch rounds as it would have as a later one."""
    random = np.random.default_rng(3)
    words = [f"{first}{last}" for first in "bdgkm" for last in ("a", "eeeeee", "i" * 11)]
    sentences = [random.choice(words, random.integers(1, 9)).tolist() for _ in range(200)]
    corpus = encode_sentences(sentences, MARKS)
    config = dataclasses.replace(settings_for(12), vocabulary_size=len(corpus.types))
    begin = BACKBONE | {"max_characters_per_token": 20, "dtype": "mixed_bfloat16"}
    given = {"begin": begin, "corpus": corpus}
    whole, _ = run(tmp_path / "whole", config, **given)
    parts, folder = [], tmp_path / "parts"
    for interrupt_at in (4, 8, None):  # what a resumed run saves must do for the next one, too
        losses, _ = run(folder, config, resume=True, interrupt_at=interrupt_at, **given)
        parts += losses
    assert parts == whole


def test_moments_that_do_not_fit_are_refused_not_skipped(tmp_path, monkeypatch):
    run(tmp_path, settings_for(2))
    add = LoggingAdam.add_variable

    def add_two(self, *args, **kwargs):
        add(self, *args, **kwargs)
        return add(self, *args, **kwargs)

    monkeypatch.setattr(LoggingAdam, "add_variable", add_two)
    with pytest.raises(ValueError, match="does not hold the optimizer's state"):
        run(tmp_path, settings_for(3), resume=True)


def test_a_resumed_run_keeps_text_and_settings(tmp_path):
    run(tmp_path, settings_for(2))
    longer = settings_for(3, learning_rate=0.05)
    with pytest.raises(
        ValueError, match=r"Received: vocabulary_size .* → 5, seed 13 → 4, the text"
    ):
        pretrain(
            dataclasses.replace(CORPUS, fingerprint="another"),
            BACKBONE,
            dataclasses.replace(longer, vocabulary_size=5, seed=4),
            tmp_path,
            resume=True,
        )
    _, (_, progress) = run(tmp_path, longer, resume=True)  # budget and rate may change
    assert progress.step == 3


def test_streams_end_as_a_model_that_starts_sentences_from_zero(tmp_path):
    _, (model, progress) = run(tmp_path, settings_for(2, unroll=5, evaluation_seconds=0.0))
    assert not model.backbone.config.stateful
    assert {"gradient_char_cnn", "gradient_1", "gradient_softmax"} <= progress.history[-1].keys()
    saved, _ = load_checkpoint(tmp_path)
    for ours, theirs in zip(model.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_weights_of_the_best_evaluation_are_kept_and_training_goes_on_from_the_last(tmp_path):
    measured, seen = [5.0, 2.0, 3.0, 4.0], {}

    def evaluate(model):
        seen[len(seen)] = model.get_weights()
        return {"perplexity": measured[len(seen) - 1]}

    given = {"evaluate": evaluate, "begin": begun(settings_for(4))}
    config = settings_for(3, evaluation_tokens=40)
    _, (model, progress) = run(tmp_path, config, **given)
    assert [row["step"] for row in progress.history] == [1, 2, 3]
    assert [row["passes"] for row in progress.history] == [0.2, 0.4, 0.6]
    assert progress.best == progress.history[1]
    assert_same(model.get_weights(), seen[1])
    config = settings_for(4, evaluation_tokens=40)
    _, (model, progress) = run(tmp_path, config, resume=True, **given)
    assert (progress.step, progress.best["step"]) == (4, 2)
    assert_same(model.get_weights(), seen[1])
    assert not np.array_equal(seen[3][0], seen[1][0])
    last, _ = load_checkpoint(tmp_path)
    assert_same(last.get_weights(), seen[3])
    run(tmp_path, settings_for(1))  # a new run knows nothing of the old one
    assert not (tmp_path / "best").exists()


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


class FakeModel:
    """Stands in for the language model where only the loop around it is looked at."""

    backbone = SimpleNamespace(
        config=BackboneConfig(max_characters_per_token=8, char_filters=[[1, 4]]),
        bilm=SimpleNamespace(compute_dtype="float32"),
    )

    cutoffs = None

    def __init__(self, losses):
        self.optimizer = SimpleNamespace(gradient_norms=lambda: {"gradient_1": 0.5})
        self.losses = iter(losses)

    def train_on_batch(self, batch):
        return next(self.losses)


@pytest.fixture
def loop(monkeypatch):
    """Returns a function that runs on given losses, and the checkpoints' states it writes."""
    saved = []

    def run_on(losses, config, **kwargs):
        monkeypatch.setattr(training, "new_language_model", lambda *_: FakeModel(losses))
        loaded = (FakeModel(losses), saved[-1]) if saved else None
        monkeypatch.setattr(training, "load_checkpoint", lambda _: loaded)
        monkeypatch.setattr(training, "trace_for_any_shape", lambda *_: None)
        return run("nowhere", config, **kwargs)

    def save(folder, model, state):
        saved.append(json.loads(json.dumps(state)))

    monkeypatch.setattr(training, "save_checkpoint", save)
    return run_on, saved


def test_evaluations_are_kept_across_a_resume(loop):
    run_on, saved = loop
    config, rows = settings_for(4, evaluation_seconds=0.0), []
    kwargs = {"evaluate": lambda model: {"answer": 42.0}, "on_evaluation": rows.append}
    run_on([3.0, 2.0], config, interrupt_at=2, **kwargs)
    assert [state["progress"]["step"] for state in saved] == [2]
    _, (_, progress) = run_on([1.0, 0.5], config, resume=True, **kwargs)
    assert progress.history == rows
    assert [row["step"] for row in rows] == [
        1,
        3,
        4,
    ]  # step 2 was interrupted, step 4 needs no second one
    assert [row["train_loss"] for row in rows[:3]] == [3.0, 1.0, 0.5]
    assert all(row["answer"] == 42.0 for row in rows)


@pytest.mark.parametrize("resume", [True, False])
def test_only_resume_continues(loop, resume):
    run_on, _ = loop
    run_on([2.0, 2.0], settings_for(2))
    losses, _ = run_on([1.0] * 3, settings_for(3), resume=resume)
    assert len(losses) == (1 if resume else 3)


def test_a_diverged_model_does_not_overwrite_the_checkpoint(loop):
    run_on, saved = loop
    with pytest.raises(FloatingPointError, match=r"nan at step 2.*Lower `learning_rate`"):
        run_on([2.0, 1.0, math.nan], settings_for(9))
    assert saved == []


def test_a_failing_callback_still_leaves_a_checkpoint(loop):
    def fail(model):
        raise RuntimeError("held-out file is gone")

    run_on, saved = loop
    with pytest.raises(RuntimeError, match="held-out"):
        run_on([1.0] * 3, settings_for(3), evaluate=fail)
    assert [state["progress"]["step"] for state in saved] == [3]


def test_checkpoints_are_written_on_the_way(loop):
    run_on, saved = loop
    run_on([1.0] * 3, settings_for(3, checkpoint_seconds=0.0))
    assert [state["progress"]["step"] for state in saved] == [1, 2, 3, 3]


def test_learning_rate_warms_up_and_falls_to_a_hundredth():
    config = settings_for(100, learning_rate=2.0, warmup_steps=10)
    budget = config.max_tokens
    assert config.learning_rate_at(Progress(step=0, tokens=0)) == pytest.approx(0.2)
    assert config.learning_rate_at(Progress(step=9, tokens=0)) == pytest.approx(2.0)
    half = config.learning_rate_at(Progress(step=50, tokens=budget // 2))
    assert half == pytest.approx(2 * 0.505)
    assert config.learning_rate_at(Progress(step=99, tokens=2 * budget)) == pytest.approx(0.02)


def test_the_warm_up_takes_a_tenth_of_the_budget_at_most():
    config = settings_for(100, learning_rate=1.0, warmup_steps=500)
    assert config.learning_rate_at(Progress(step=0)) == pytest.approx(1 / 500)
    early, late = (Progress(step=s, tokens=40 * s) for s in (5, 10))
    assert config.learning_rate_at(early) == pytest.approx(0.5, rel=0.01)
    assert config.learning_rate_at(late) == max(
        config.learning_rate_at(Progress(step=s, tokens=40 * s)) for s in range(100)
    )


def test_the_budget_used_up_first_counts():
    config = settings_for(1, max_tokens=100, max_seconds=10.0)
    assert Progress(tokens=20, seconds=9.0).fraction(config) == pytest.approx(0.9)
    assert Progress(tokens=200).fraction(config) == 1.0
    assert Progress(tokens=10**9).fraction(settings_for(1, max_tokens=None)) == 0.0
