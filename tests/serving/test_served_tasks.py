"""Every task behind a server: answers are those of `predict`, and its schema is what it does."""

import pytest
import schemathesis
from every_task import CASES
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving_support import INSIDE, TASKS

from keras_elmo.serving.served_model import input_of

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


def body(task, items):
    own = input_of(task.kind)
    if len(own.parts) == 1:
        return {own.field: items}
    return {own.field: [dict(zip(own.parts, item, strict=True)) for item in items]}


@pytest.mark.parametrize("name", TASKS)
def test_answers_are_the_records_of_predict(tasks_client, tasks, name):
    task, items = tasks[name], CASES[name].x
    path = f"/models/{task.name}"
    options = {"beam": 3, "n_best": 2} if task.options else {}
    answer = tasks_client.post(f"{path}/predict", json=body(task, items) | options)
    found = answer.json()["predictions"]
    for record, wanted in zip(found, task.model.records(items, **options), strict=True):
        assert record == pytest.approx(wanted) if "value" in wanted else record == wanted
    described = tasks_client.get(path).json()
    assert described["kind"] == task.kind
    assert described["view"] == task.model.view
    example = tasks_client.get("/openapi.json").json()["paths"][f"{path}/predict"]["post"]
    shown = example["responses"]["200"]["content"]["application/json"]["example"]
    assert set(shown["predictions"][0]) >= set(found[0])


@pytest.mark.parametrize("name", ["classes", "pair", "answers"])
def test_an_empty_text_spoils_only_itself(tasks_client, tasks, name):
    task, items = tasks[name], CASES[name].x[:2]
    empty = "" if isinstance(items[0], str) else (items[0][0], " ")
    answer = tasks_client.post(
        f"/models/{task.name}/predict", json=body(task, [items[0], empty, items[1]])
    )
    first, wrong, last = answer.json()["predictions"]
    assert "must hold a word" in wrong["error"]
    assert "error" not in {**first, **last}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", ["classes", "pair", "words", "answers"])
def test_random_requests_are_never_a_failure_of_the_server(tasks_client, tasks, name, mode):
    """Such as the schema allows, and such as it does not."""
    schema = schemathesis.openapi.from_url(f"{tasks_client.url}/openapi.json")
    operation = schema[f"/models/{tasks[name].name}/predict"]["POST"]

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case):
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)
        assert not INSIDE.search(answer.text)

    ask()
