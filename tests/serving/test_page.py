"""The page in a browser: what a person does, by mouse and by keyboard alone."""

import json
import os
import shutil
from urllib.parse import urlsplit

import pytest
from serving_support import Client, Reverser, serving

from keras_elmo.serving.app import Access

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra serving-tests")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCRIPT = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"
SMALL = {"width": 320, "height": 640}


@pytest.fixture(scope="session")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)}")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Return a function that opens the page of a server; at the end all was quiet and at home."""
    contexts, asked, errors = [], [], []

    def open_page(client: Client, **how):
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: asked.append(urlsplit(request.url)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(client.url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert {place.hostname for place in asked if place.scheme != "blob"} == {"127.0.0.1"}
    assert [text for text in errors if "401" not in text and "422" not in text] == []


def choose(page, name):
    page.get_by_label("Model").select_option(name)


def predicted(page):
    page.get_by_role("button", name="Predict", exact=True).click()
    answer = page.get_by_role("region", name="Prediction")
    answer.get_by_role("heading", name="Prediction").wait_for()
    return answer


SHOWN = {  # what is written into the fields, and what the answer has
    "classes": (["a joy"], ["%"]),
    "CRF": (["a joy to watch"], ["a joy"]),
    "joint": (["a joy to watch"], ["intent:", "slots", "pos"]),
    "number": (["a joy"], ["."]),
    "pair": (["a man", "someone"], ["%"]),
    "pair-number": (["a man", "someone"], ["."]),
    "words": (["a joy"], ["log-probability"]),
    "answers": (["who ?", "Ada signs ."], ["%", "Ada signs ."]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_each_task_has_its_view(visit, tasks_client, name):
    page = visit(tasks_client)
    choose(page, name)
    texts, found = SHOWN[name]
    fields = page.locator("#inputs textarea, #inputs input")
    for number, text in enumerate(texts):
        fields.nth(number).fill(text)
    answer = predicted(page).inner_text()
    for text in found:
        assert text in answer
    assert page.get_by_role("alert").inner_text() == ""
    for text in texts:
        assert fields.nth(texts.index(text)).input_value() == text


class Marker(Reverser):
    """Finds the place of "Ada" in texts, whatever stands before it."""

    kind = "tagging"

    def description(self):
        example = "Ada lives in Rome."
        about = {"name": self.name, "kind": self.kind, "view": "tags", "labels": ["O", "B-PER"]}
        about |= {"predicts": "a tag for each token", "runs_on": "Python", "measures": {"f1": 0.5}}
        return about | {
            "options": [],
            "input": {"field": "texts", "parts": ["text"], "example": example},
        }

    def records(self, items, **options):
        return [self.record(text) for text in super().records(items)]

    def record(self, found):
        text = found["text"]
        start = text.find("Ada")
        span = {"type": "PER", "start_char": start, "end_char": start + 3, "confidence": 0.875}
        entities = [span] if start >= 0 else []
        return {"text": text, "tokens": text.split(), "tags": [], "entities": entities}


@pytest.fixture(scope="module")
def marker():
    with serving(Marker("names")) as client:
        yield client


def test_what_was_found_is_marked_and_text_stays_text(visit, marker):
    page = visit(marker)
    text = f"😀 {SCRIPT} Ada & <b>Rome</b>"
    page.get_by_label("Text", exact=True).fill(text)
    answer = predicted(page)
    [mark] = answer.locator("mark").all_inner_texts()
    assert mark == "AdaPER 87.5 %"
    shown = answer.locator(".text").inner_text()
    assert shown == text.replace("Ada", mark)
    assert page.evaluate("window.broken") is None
    assert answer.locator("script, img, b").count() == 0


def test_errors_are_sentences(visit, marker):
    page = visit(marker)
    page.get_by_label("Text", exact=True).fill("refuse")
    page.get_by_role("button", name="Predict", exact=True).click()
    page.get_by_text("This one is refused.").wait_for()
    assert page.get_by_role("alert").inner_text() == "This one is refused."


FILES = {
    "rows.csv": 'id,text\r\n1,"Ada, ""the"" first"\r\n2,"two\nlines"\r\n3,refuse\r\n',
    "rows.tsv": 'id\ttext\n1\tAda, "the" first\n2\t"two\nlines"\n3\trefuse\n',
    "rows.jsonl": '{"text": "Ada, \\"the\\" first"}\n{"text": "two\\nlines"}\n\n'
    '{"text": "refuse"}\n',
    "rows.txt": 'Ada, "the" first\ntwo lines\n\nrefuse\n',
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_predicted_and_downloaded(visit, marker, tmp_path, name):
    page = visit(marker)
    (tmp_path / name).write_text(FILES[name], encoding="utf-8", newline="")
    page.get_by_label("choose a file").set_input_files(tmp_path / name)
    page.get_by_role("button", name="Predict all").click()
    page.get_by_text("3 of 3 are done; 1 could not be read.").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON Lines").click()
    download.value.save_as(tmp_path / "found.jsonl")
    first, second, third = map(json.loads, (tmp_path / "found.jsonl").read_text().splitlines())
    assert first["text"] == 'Ada, "the" first'
    assert first["entities"][0]["type"] == "PER"
    assert second["text"].split() == ["two", "lines"]
    assert third == {"error": "this one is refused"}
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    download.value.save_as(tmp_path / "found.csv")
    assert '"Ada, ""the"" first"' in (tmp_path / "found.csv").read_text()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"text,id\na\n", "Row 2 of the table has 1 cells, its header 2."),
        ("a.csv", b'text\n"a\n', "A quote of the table has no end."),
        ("a.jsonl", b"{}\n[\n", "Line 2 must be a JSON object."),
        ("a.txt", b"\n\n", "The file holds no text."),
        ("a.txt", b"\xff\xfe\xff", "The encoded data was not valid"),
    ],
)
def test_a_wrong_file_is_told(visit, marker, tmp_path, name, content, message):
    page = visit(marker)
    (tmp_path / name).write_bytes(content)
    page.get_by_label("choose a file").set_input_files(tmp_path / name)
    page.get_by_text(message).wait_for()


def test_the_keyboard_suffices(visit, tasks_client):
    page = visit(tasks_client)
    page.get_by_role("button", name="Predict", exact=True).wait_for()

    def focused():
        return page.evaluate("document.activeElement.id")

    page.keyboard.press("Tab")
    assert focused() == "model"
    page.keyboard.type("number")
    page.keyboard.press("Tab")
    assert focused() == "in-text"
    page.keyboard.press("Control+A")
    page.keyboard.type("a joy")
    page.keyboard.press("Control+Enter")
    page.locator(".value").wait_for()
    page.keyboard.press("Tab")
    assert focused() == "predict"
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    assert focused() == "file"


def test_a_token_is_asked_for(visit):
    with serving(Marker("names"), access=Access("s3cret")) as client:
        page = visit(client)
        for token in ("wrong", "s3cret"):
            page.get_by_label("This server needs a token").fill(token)
            page.get_by_role("button", name="Use it").click()
            if token == "wrong":
                page.get_by_text("The server does not know this token.").wait_for()
        page.get_by_label("Text", exact=True).fill("Ada")
        assert "PER" in predicted(page).inner_text()


@pytest.mark.parametrize("how", [{}, {"color_scheme": "dark"}])
@pytest.mark.parametrize("name", ["classes", "CRF", "joint", "words", "answers"])
def test_it_is_for_everyone(visit, tasks_client, marker, name, how):
    """No serious violation of the rules of accessibility, and nothing beside a narrow screen."""
    page = visit(marker if name == "CRF" else tasks_client, viewport=SMALL, **how)
    if name != "CRF":
        choose(page, name)
    predicted(page)
    found = axe.Axe().run(page).response["violations"]
    serious = [x for x in found if x["impact"] in ("serious", "critical")]
    assert [(x["id"], [node["html"] for node in x["nodes"]]) for x in serious] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


PICTURE = "KERAS_ELMO_PICTURE"
NAMED = [  # to train on, for the picture
    ("Ada Lovelace lives in London .", "B-PER I-PER O O B-LOC O"),
    ("Charles Babbage was born in London .", "B-PER I-PER O O O B-LOC O"),
    ("Grace Hopper worked for IBM in Boston .", "B-PER I-PER O O B-ORG O B-LOC O"),
    ("Alan Turing studied at Princeton University .", "B-PER I-PER O O B-ORG I-ORG O"),
    ("Siemens is from Berlin .", "B-ORG O O B-LOC O"),
    ("In May Marie Curie went to Paris .", "O O B-PER I-PER O O B-LOC O"),
    ("The mayor of Vienna met Emmy Noether .", "O O O B-LOC O B-PER I-PER O"),
    ("It rains , and nobody works .", "O O O O O O O"),
    ("Princeton University thanks Grace Hopper .", "B-ORG I-ORG O B-PER I-PER O"),
    ("IBM moved from Paris to Vienna in May .", "B-ORG O O B-LOC O B-LOC O O O"),
]


@pytest.mark.compiled
@pytest.mark.skipif(PICTURE not in os.environ, reason=f"{PICTURE} names no file for the picture")
def test_the_picture_of_the_documentation(visit):
    import keras

    from keras_elmo import ElmoTokenClassifier
    from keras_elmo.serving.served_model import Predictor

    keras.utils.set_random_seed(0)
    texts, tags = ([row[i].split() for row in NAMED] for i in (0, 1))
    labels = ["O", *(f"{begin}-{kind}" for kind in ("PER", "LOC", "ORG") for begin in "BI")]
    tagger = ElmoTokenClassifier.from_preset("elmo_mini_en", labels=labels, lstm_units=32)
    tagger.fit(texts, tags, epochs=60, batch_size=5, verbose=0)
    model = Predictor("names", tagger, {}, "Keras (tensorflow)")
    with serving(model) as client:
        page = visit(client, viewport={"width": 720, "height": 600})
        text = (
            "Ada Lovelace and Charles Babbage met in London, long before IBM or Siemens were there."
        )
        page.get_by_label("Text", exact=True).fill(text)
        assert predicted(page).locator("mark").count() > 3
        page.screenshot(path=os.environ[PICTURE], full_page=True)
