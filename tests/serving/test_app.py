"""The app over HTTP, in front of a model that computes when it is told to."""

import json
import logging
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving_support import INSIDE, Reverser, serving

from keras_elmo.serving.app import Access, make_app
from keras_elmo.serving.limits import Limits

FEW = Limits(body=10_000, texts=4, characters=20, queue=4, deadline=0.4, reading=0.5)


@pytest.fixture(scope="module")
def model():
    return Reverser()


@pytest.fixture(scope="module")
def client(model):
    with serving(model, Reverser("other"), limits=FEW) as client:
        yield client


@pytest.fixture
def busy(model, client):
    """Have the thread compute until the test ends."""
    model.begun.clear()
    model.go.clear()
    threading.Thread(target=client.predict, args=("busy",)).start()
    assert model.begun.wait(10)
    yield
    model.go.set()
    deadline = time.monotonic() + 10
    while measurement(client, "keras_elmo_waiting_texts") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert client.predict("done").status_code == 200


def measurement(client, name):
    lines = client.get("/metrics").text.splitlines()
    [value] = [line.split()[1] for line in lines if line.split()[0] == name]
    return float(value)


def refusal(answer, status):
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    return answer.json()["error"]


def test_predictions_by_name(client):
    answer = client.predict("ab", "refuse")
    assert answer.json() == {
        "model": "reverser",
        "predictions": [{"text": "ab", "label": "ba"}, {"error": "this one is refused"}],
    }
    assert client.predict("ab", path="/models/other/predict").json()["model"] == "other"
    assert client.get("/model").json()["name"] == "reverser"
    assert client.get("/models/other").json()["limits"]["texts"] == 4
    names = [model["name"] for model in client.get("/models").json()["models"]]
    assert names == ["reverser", "other"]
    refusal(client.predict("ab", path="/models/third/predict"), 404)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "the body: must be JSON"),
        ('{"texts": "x"}', "texts: Input should be a valid list"),
        ('{"texts": []}', "at least 1 item"),
        ('{"texts": ["a", 1]}', "texts[1]: Input should be a valid string"),
        ('{"texts": [["a", 1]]}', "texts[0][1]: Input should be a valid string"),
        ('{"texts": ["a"], "beam": 4}', "beam: Extra inputs are not permitted"),
        ('{"texts": ["\\ud800"]}', "texts[0]: Input should be a valid string"),
        ('{"texts": ["a", "b", "c", "d", "e"]}', "at most 4 items"),
        (json.dumps({"texts": ["x" * 21]}), "at most 20 characters"),
        ("[1]", "the body: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_body_is_told_in_a_sentence(client, body, message):
    answer = client.post("/predict", data=body, headers={"Content-Type": "application/json"})
    assert message in refusal(answer, 422)


def test_a_body_without_end_is_no_failure(client):
    answer = client.post("/predict", data="[" * 9_000, headers={"Content-Type": "application/json"})
    refusal(answer, 400)


def test_a_large_body_is_refused_and_forgotten(client):
    assert "at most 10,000 bytes" in refusal(client.post("/predict", data=b"x" * 10_001), 413)
    parts = (b"x" * 1_000_000 for _ in range(20))  # of a length that is not said
    assert "at most 10,000 bytes" in refusal(client.post("/predict", data=parts), 413)
    with raw(client) as connection:  # as curl asks
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert connection.recv(99).startswith(b"HTTP/1.1 413")


def raw(client):
    place = urlsplit(client.url)
    return socket.create_connection((place.hostname, place.port), timeout=10)


def test_who_sends_too_slowly_is_let_go(client):
    with raw(client) as slow_body, raw(client) as slow_head:
        slow_body.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        slow_head.sendall(b"POST /predict HT")
        assert slow_body.recv(99).startswith(b"HTTP/1.1 408")
        assert slow_head.recv(99) == b""


def test_half_of_a_connection_harms_nobody(client):
    for part in (
        b"",
        b"POST /pre",
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ):
        with raw(client) as connection:
            connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            assert not connection.recv(99).startswith(b"HTTP/1.1 5")
    assert client.predict("ab").status_code == 200


def test_a_full_queue_answers_429(client, busy):
    waiting = threading.Thread(target=client.predict, args=("a", "b", "c"))
    waiting.start()
    while measurement(client, "keras_elmo_waiting_texts") < 3:
        time.sleep(0.01)
    answer = client.predict("d", "e")
    assert "4 texts wait at most" in refusal(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    waiting.join()


def test_health_and_measurements_never_wait(client, busy):
    for path, text in (("/livez", "alive"), ("/readyz", "ready"), ("/metrics", "HELP")):
        answer = client.get(path)
        assert answer.status_code == 200
        assert text in answer.text


def test_an_answer_that_is_late_is_given_up(client, model, busy):
    assert "within 0.4 seconds" in refusal(client.predict("late"), 503)
    model.go.set()
    client.predict("later")
    assert ["late"] not in model.batches


def test_who_hangs_up_is_not_computed(client, model, busy):
    body = b'{"texts": ["hung up"]}'
    head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with raw(client) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        while measurement(client, "keras_elmo_waiting_texts") < 1:
            time.sleep(0.01)
    time.sleep(0.1)
    model.go.set()
    client.predict("another")
    assert ["hung up"] not in model.batches


def test_headers_keep_the_page_to_itself(client):
    for path in ("/", "/page.js", "/predict", "/nothing"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers
    assert "<script>" not in client.get("/").text


def test_requests_have_ids(client):
    for sent, kept in (("mine-1", True), ('not "mine"', False)):
        found = client.get("/livez", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
        assert found == sent if kept else len(found) == 32


def test_logs_have_facts_and_no_texts(client, caplog):
    caplog.set_level(logging.INFO, "keras_elmo.serving")
    client.predict("secret", headers={"X-Request-ID": "one"})
    client.post("/predict", data="secret", headers={"X-Request-ID": "two"})
    client.get("/secret", headers={"X-Request-ID": "three"})
    facts = {record.facts["request_id"]: record.facts for record in caplog.records}
    assert facts["one"] | {"seconds": 0} == {
        "request_id": "one",
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "seconds": 0,
        "model": "reverser",
        "texts": 1,
    }
    assert facts["two"]["status"] == 422
    assert facts["three"]["route"] == "(unknown)"
    assert "secret" not in json.dumps(list(facts.values()))


def test_a_token_and_other_origins():
    access = Access("s3cret", ["https://example.org"])
    with serving(Reverser(), access=access) as client:
        for path in ("/", "/page.js", "/livez", "/readyz"):
            assert client.get(path).status_code == 200
        for path in ("/model", "/models", "/metrics", "/openapi.json"):
            assert "token" in refusal(client.get(path), 401)
        wrong = {"Authorization": "Bearer wrong"}
        assert client.predict("ab").status_code == 401
        assert client.get("/model", headers=wrong).status_code == 401
        client.headers["Authorization"] = "Bearer s3cret"
        assert client.predict("ab").status_code == 200
        origin = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
        allowed = "Access-Control-Allow-Origin"
        assert client.options("/predict", headers=origin).headers[allowed] == origin["Origin"]
        other = client.get("/livez", headers={"Origin": "https://elsewhere.org"})
        assert allowed not in other.headers


def test_names_tell_models_apart():
    with pytest.raises(ValueError, match="2 called a"):
        make_app([Reverser("a"), Reverser("b"), Reverser("a")])
    with pytest.raises(ValueError, match="letters, digits"):
        make_app([Reverser("a/b")])
    with pytest.raises(ValueError, match="at least"):
        make_app([])
    with pytest.raises(ValueError, match="queue"):
        Limits(queue=4, texts=5)
    with pytest.raises(ValueError, match="deadline"):
        Limits(deadline=0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=9), part, max_size=4)
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=99) | JSON.map(json.dumps).map(str.encode)
BODIES |= st.builds(lambda value: json.dumps({"texts": value}).encode(), JSON)


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_random_bodies_are_never_a_failure_of_the_server(client, count):
    @given(BODIES, st.sampled_from(["application/json", "text/plain", "a/b; charset=utf-16"]))
    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(body, kind):
        answer = client.post("/predict", data=body, headers={"Content-Type": kind})
        assert answer.status_code in (200, 400, 413, 422)
        assert not INSIDE.search(answer.text)

    ask()
