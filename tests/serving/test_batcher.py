"""Requests become batches: joined, bounded, answered one by one, given up."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving_support import Reverser

from keras_elmo.serving.batcher import FAILED, Batcher, QueueFullError, StoppedError, choose_batch
from keras_elmo.serving.limits import Limits
from keras_elmo.serving.measurements import Measurements


@pytest.fixture
def model():
    return Reverser()


@pytest.fixture
def batcher(model):
    batcher = Batcher(Limits(queue=8, texts=8), Measurements())
    yield batcher
    model.go.set()
    batcher.close(10)


def blocked(batcher, model):
    """Have the only thread compute something until `model.go`."""
    model.go.clear()
    first = batcher.submit(model, ["first"])
    assert model.begun.wait(10)
    return first


def test_answers_are_in_the_order_of_items(batcher, model):
    found = batcher.submit(model, ["one two three", "ab", "cd e"]).result(10)
    assert [record["label"] for record in found] == ["eerht owt eno", "ba", "e dc"]


def test_requests_of_all_are_computed_together(batcher, model):
    first = blocked(batcher, model)
    others = [batcher.submit(model, [text]) for text in ("a", "b", "c")]
    elsewhere = batcher.submit(Reverser("other"), ["d"])
    model.go.set()
    assert [x.result(10)[0]["label"] for x in (first, *others)] == ["tsrif", "a", "b", "c"]
    assert elsewhere.result(10)[0]["label"] == "d"
    assert model.batches == [["first"], ["a", "b", "c"]]


def test_other_options_are_another_batch(batcher, model):
    blocked(batcher, model)
    found = [batcher.submit(model, ["a"], beam=beam) for beam in (1, 2, 1)]
    model.go.set()
    assert all(x.result(10) for x in found)
    assert model.batches == [["first"], ["a", "a"], ["a"]]


def test_an_error_is_told_to_its_own_item_alone(batcher, model, caplog):
    found = batcher.submit(model, ["ab", "refuse", "cd", "break", "ef"]).result(10)
    assert [record.get("label") for record in found] == ["ba", None, "dc", None, "fe"]
    assert found[1] == {"error": "this one is refused"}
    assert found[3] == {"error": FAILED}
    [record] = caplog.records
    assert record.facts["error"] == "RuntimeError"
    assert "secret" not in caplog.text
    assert batcher.is_alive


def test_a_full_queue_refuses_whole_requests(batcher, model):
    blocked(batcher, model)
    waiting = batcher.submit(model, ["a"] * 6)
    with pytest.raises(QueueFullError) as error:
        batcher.submit(model, ["b"] * 3)
    assert 1 <= error.value.seconds <= 60
    others = batcher.submit(model, ["c"] * 2)
    model.go.set()
    assert len(waiting.result(10)) + len(others.result(10)) == 8


def test_what_nobody_waits_for_is_not_computed(batcher, model):
    blocked(batcher, model)
    given_up = batcher.submit(model, ["never"] * 5)
    kept = batcher.submit(model, ["kept"])
    given_up.cancel()
    model.go.set()
    assert kept.result(10)
    assert model.batches == [["first"], ["kept"]]


def test_at_the_end_what_was_accepted_is_computed(model):
    batcher = Batcher(Limits(), Measurements())
    first = blocked(batcher, model)
    last = batcher.submit(model, ["last"])
    batcher.close(0)
    with pytest.raises(StoppedError):
        batcher.submit(model, ["late"])
    assert not batcher.is_alive
    model.go.set()
    batcher.close(10)
    assert first.done()
    assert last.result(0)[0]["label"] == "tsal"


JOBS = st.lists(
    st.builds(
        SimpleNamespace, length=st.integers(0, 40), model=st.sampled_from("ab"), options=st.none()
    ),
    min_size=1,
    max_size=20,
)


@given(JOBS, st.integers(1, 8), st.integers(1, 100))
def test_a_batch_fits_and_has_the_first(jobs, size, words):
    limits = Limits(batch_size=size, batch_words=words)
    batch = choose_batch(jobs, limits)
    assert batch[0] is jobs[0]
    assert len(batch) <= size
    assert {job.model for job in batch} == {jobs[0].model}
    longest = max(job.length for job in batch)
    assert len(batch) == 1 or longest * len(batch) <= words
    left = [job for job in jobs if job.model == jobs[0].model and job not in batch]
    far = max(abs(job.length - jobs[0].length) for job in batch)
    assert all(abs(job.length - jobs[0].length) >= far for job in left)
