"""The log holds what was written, read back by TensorFlow's own reader."""

import sys

import pytest

from keras_elmo.reports.tensorboard import TensorBoardLog


def test_scalars_of_a_run_that_was_interrupted(tmp_path):
    tf = pytest.importorskip("tensorflow")
    for first_step in (1, 2):  # the second run does step 2 once more
        log = TensorBoardLog(tmp_path)
        for step in (first_step, first_step + 1):
            log.write({"loss": 10.0 / step}, step)
        log.close()
    events = [
        event
        for path in sorted(tmp_path.iterdir())
        for event in tf.compat.v1.train.summary_iterator(str(path))
    ]
    rows = [(event.step, value) for event in events for value in event.summary.value]
    assert {value.tag for _, value in rows} == {"loss"}
    found = [(step, pytest.approx(value.simple_value)) for step, value in rows]
    assert found == [(1, 10.0), (2, 5.0), (2, 5.0), (3, 10 / 3)]
    # Tells TensorBoard to forget what the first run said from this step on.
    starts = [event.step for event in events if event.session_log.status == 1]
    assert starts[-1] == 2


def test_missing_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"keras-elmo\[tensorboard\]"):
        TensorBoardLog(tmp_path)
