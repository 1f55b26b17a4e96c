"""What every task says of itself: its graph, its measures, records, lines and mistakes."""

import json

import pytest
from every_task import CASES, NAMES, make_task

from keras_elmo.data.predictions.prediction_formats import PREDICTION_FORMATS


@pytest.mark.parametrize("name", NAMES)
def test_a_task_describes_itself(name, tmp_path):
    task, (_, _, x, y) = make_task(name), CASES[name]
    assert task.kind in type(task).kinds
    # The graph: each output by its name, with as many axes as it has.
    outputs, described = task.output, task.graph_outputs
    if not isinstance(outputs, dict):
        outputs = {next(iter(described)): outputs}
    assert {key: len(tensor.shape) for key, tensor in outputs.items()} == {
        key: len(output.axes) for key, output in described.items()
    }
    # Measures.
    report = task.report(x, y, batch_size=2)
    assert report["examples"] == 4
    assert json.loads(json.dumps(report)) == report
    # Records, also one by one, and as lines.
    records = list(task.records(x, batch_size=2))
    assert records == list(task.records(iter(x), batch_size=2))
    assert [json.loads(line) for line in task.lines(x, batch_size=2)] == records
    assert "jsonl" in task.file_formats
    for file_format in task.file_formats:
        PREDICTION_FORMATS[file_format].write(task.records(x), tmp_path / file_format)
        if file_format in ("conll", "conllu", "doccano"):
            assert len(list(task.lines(x, file_format))) == 4
    # Mistakes: the surest one first, of the records that are wrong.
    wrong = task.mistakes(x, y, batch_size=2)
    sizes = [abs(mistake[task.rank]) for mistake in wrong]
    assert sizes == sorted(sizes, reverse=True)
    assert all("gold" in mistake and "predicted" in mistake for mistake in wrong)
    assert {mistake["number"] for mistake in wrong} <= set(range(4))


def test_what_a_task_does_not_know_is_refused():
    task = make_task("classes")
    with pytest.raises(TypeError, match="report has no argument `beam`"):
        task.report(CASES["classes"].x, CASES["classes"].y, beam=2)
    with pytest.raises(ValueError, match="are written as jsonl, doccano, label-studio"):
        task.lines(CASES["classes"].x, "conll")
    with pytest.raises(ValueError, match="are written as jsonl, doccano, label-studio"):
        task.lines(CASES["classes"].x, "xml")
