"""`find-rate`: a table of losses, and a line that `train` understands."""

import csv


def test_rates_are_found_for_a_model_of_any_options(run, tiny, reviews, tmp_path):
    small = ("--lstm-units", 2, "--batch-size", 4, "--batches", 10, "--dropout", 0, "--ordinal")
    found = run("find-rate", reviews, "-o", "rates", "--preset", tiny, *small, "-q").stdout
    options = found.split()
    assert options[::2] == ["--learning-rate", "--elmo-learning-rate"]
    assert all(float(rate) > 0 for rate in options[1::2])
    with (tmp_path / "rates/rates.csv").open() as file:
        assert {row["part"] for row in csv.DictReader(file)} == {"head", "elmo"}
    assert "exists already" in run("find-rate", reviews, "-o", "rates", code=1).stderr
