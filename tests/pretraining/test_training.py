"""Pre-training learns, and an interruption changes nothing but the time it takes."""

import numpy as np
import pytest

from keras_elmo.pretraining.checkpoint import load_checkpoint
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.training import PretrainingConfig, Progress, learning_rate, pretrain
from keras_elmo.text.vocabulary import MARKS

# Two lengths in whole batches, 10 of three words and 8 of four: few shapes to compile for.
SENTENCES = [[["a", "the"][i % 2], ["dog", "cat"][i % 2], "barks"] for i in range(40)]
SENTENCES += [[*words[:2], "never", words[2]] for words in SENTENCES]
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
    """A budget of so many steps: a batch has 30 or 32 words."""
    rates = {"learning_rate": 0.05, "warmup_steps": 3, "tokens_per_batch": 40}
    sizes = {"vocabulary_size": len(CORPUS.types), "num_samples": 4}
    return PretrainingConfig(**rates, **sizes, **{"max_tokens": 31 * steps, **changes})


def run(folder, config, interrupt_at=None, **kwargs):
    """Return the losses of a run, and what `pretrain` returned (None where interrupted)."""
    losses = []

    def on_step(progress, loss):
        losses.append(loss)
        if progress.step == interrupt_at:
            raise KeyboardInterrupt

    try:
        return losses, pretrain(CORPUS, BACKBONE, config, folder, on_step=on_step, **kwargs)
    except KeyboardInterrupt:
        return losses, None


@pytest.mark.portable
def test_learns_and_resumes_exactly(tmp_path):
    config = settings_for(24)
    whole, (_, progress) = run(tmp_path / "whole", config)
    assert progress.step == len(whole) >= 24
    assert np.mean(whole[-4:]) < 0.8 * np.mean(whole[:2])

    first, interrupted = run(tmp_path / "parts", config, interrupt_at=9)
    assert interrupted is None
    _, state = load_checkpoint(tmp_path / "parts")
    assert state["progress"]["step"] == len(first) == 9
    second, (_, progress) = run(tmp_path / "parts", config, resume=True)
    np.testing.assert_allclose(first + second, whole, atol=1e-6, rtol=1e-6)
    assert progress.step == len(whole)


def test_evaluations_are_kept_across_a_resume(tmp_path):
    config, rows = settings_for(4, evaluation_seconds=0.0), []
    kwargs = {"evaluate": lambda model: {"answer": 42.0}, "on_evaluation": rows.append}
    run(tmp_path, config, interrupt_at=2, **kwargs)
    _, (_, progress) = run(tmp_path, config, resume=True, **kwargs)
    assert progress.history == rows
    assert [row["step"] for row in rows] == [1, 3, 4, 4]  # interrupted before the second
    assert all(row["answer"] == 42.0 for row in rows)


def test_without_resume_a_run_starts_anew(tmp_path):
    config = settings_for(2)
    first, _ = run(tmp_path, config)
    again, _ = run(tmp_path, config)
    assert first == again


def test_a_diverged_model_does_not_overwrite_the_checkpoint(tmp_path):
    run(tmp_path, settings_for(2))

    def poison(model):
        model.softmax.bias.assign(np.full(model.softmax.bias.shape, np.nan))
        return {}

    config = settings_for(9, evaluation_seconds=0.0)
    with pytest.raises(FloatingPointError, match="Lower `learning_rate`"):
        run(tmp_path, config, resume=True, evaluate=poison)
    model, state = load_checkpoint(tmp_path)
    assert state["progress"]["step"] == 2
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_failing_callback_still_leaves_a_checkpoint(tmp_path):
    def fail(model):
        raise RuntimeError("held-out file is gone")

    with pytest.raises(RuntimeError, match="held-out"):
        run(tmp_path, settings_for(3), evaluate=fail)
    _, state = load_checkpoint(tmp_path)
    assert state["progress"]["step"] == 3


def test_learning_rate_warms_up_and_falls_to_a_hundredth():
    config = settings_for(100, learning_rate=2.0, warmup_steps=10)
    budget = config.max_tokens
    assert learning_rate(Progress(step=0, tokens=0), config) == pytest.approx(0.2)
    assert learning_rate(Progress(step=9, tokens=0), config) == pytest.approx(2.0)
    half = learning_rate(Progress(step=50, tokens=budget // 2), config)
    assert half == pytest.approx(2 * 0.505)
    assert learning_rate(Progress(step=99, tokens=2 * budget), config) == pytest.approx(0.02)


def test_the_budget_used_up_first_counts():
    config = settings_for(1, max_tokens=100, max_seconds=10.0)
    assert Progress(tokens=20, seconds=9.0).fraction(config) == pytest.approx(0.9)
    assert Progress(tokens=200).fraction(config) == 1.0
    assert Progress(tokens=10**9).fraction(settings_for(1, max_tokens=None)) == 0.0
