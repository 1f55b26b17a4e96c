"""Runs that are done are not done again; the tables show means and spreads."""

from benchmarks.fine_tuning import VARIANTS, pending, recipe_of
from benchmarks.fine_tuning_report import report
from keras_elmo.data.datasets import TAGGING
from keras_elmo.fine_tuning.learning_rates import group_rates


def row(recipe, seed, score, perplexity=100.0):
    return {
        "set": "wikigold",
        "recipe": recipe,
        "seed": seed,
        "score": score,
        "dev": score + 1,
        "perplexity_before": 100.0,
        "perplexity": perplexity,
        "cka": 1.0,
        "cpu_seconds_an_epoch": [9.0, 2.0, 4.0],
        "peak_bytes": 2**30,
    }


def test_a_first_seed_of_everything_comes_first():
    done = [row("frozen", 0, 70.0)]
    runs = list(pending(done, ["wikigold", "sst2"], ["frozen", "slight"], 2))
    assert [(run["set"], run["recipe"], run["seed"]) for run in runs[:4]] == [
        ("wikigold", "slight", 0),
        ("sst2", "frozen", 0),
        ("sst2", "slight", 0),
        ("wikigold", "frozen", 1),
    ]
    assert len(runs) == 7


def test_tables():
    rows = [row("frozen", 0, 70.0), row("frozen", 1, 72.0), row("slight", 0, 71.0, 102.5)]
    shown = report(rows, list(VARIANTS))
    assert "| frozen | 71.00 ± 1.41 |" in shown
    assert "| slight | 71.00 |" in shown
    assert "| slight | 1.025 |" in shown
    assert "| frozen | 3.0 ± 0.0 |" in shown  # without the epoch that compiles
    assert "+ L2-SP" not in shown


def test_one_rate_is_that_of_the_head():
    recipe = recipe_of("one rate", TAGGING)
    rates = group_rates(recipe, ["word_layer", "bilm_1", "bilm_2", "mix", "head"])
    assert len(set(rates.values())) == 1
