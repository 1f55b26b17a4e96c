"""`perplexity`, `score`, `suggest` and `sample`."""

import json

import pytest

from keras_elmo.text.vocabulary import MARKS

WORDS = [*MARKS, "a", "dog", "barks", "."]
TEXT = "a dog barks .\nthe dog .\n. . dog a\n"


@pytest.fixture(scope="session")
def preset(tmp_path_factory):
    """Return a preset folder with its language model."""
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.pretraining.export import export_preset

    folder = tmp_path_factory.mktemp("elmo") / "preset"
    shape = {"char_embedding_dim": 4, "char_filters": [[1, 8], [2, 8]]}
    model = ElmoLanguageModel(ElmoBackbone(projection_dim=4, units=8, **shape), len(WORDS))
    export_preset(model, folder, vocabulary=WORDS)
    return folder


def test_score(run, preset, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    shown = run("score", preset, "text.txt")
    records = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [record["line"] for record in records] == [1, 2, 3]
    assert [record["unknown"] for record in records] == [0, 1, 0]
    assert records[0]["sentence"] == "a dog barks ."
    run("perplexity", preset, "text.txt", "-o", "perplexity.json")
    whole = json.loads((tmp_path / "perplexity.json").read_text())["texts"]["text.txt"]
    assert f"both {whole['perplexity']:,.1f}" in shown.stderr
    assert "11 tokens, 9.1% unknown" in shown.stderr

    by_hand = sorted(records, key=lambda record: -record["perplexity"])
    piped = run("score", preset, "--sort", stdin=TEXT).stdout
    assert [json.loads(line) for line in piped.splitlines()] == by_hand
    (record,) = map(
        json.loads, run("score", preset, "--words", stdin="a dog\n").stdout.split("\n", 1)[:1]
    )
    assert [word["word"] for word in record["words"]] == ["<S>", "a", "dog", "</S>"]
    for name in ("forward", "backward"):
        summed = sum(word.get(name, 0) for word in record["words"])
        assert summed == pytest.approx(record["log_prob"][name], abs=1e-3)


@pytest.mark.parametrize(("unknown", "told"), [(0, False), (1, False), (3, True), (8, True)])
def test_many_unknown_words_are_warned_of(run, preset, tmp_path, unknown, told):
    words = ["cat"] * unknown + ["dog"] * (10 - unknown)
    (tmp_path / "text.txt").write_text(" ".join(words))
    for command in ("perplexity", "score"):
        shown = " ".join(run(command, preset, "text.txt").stderr.split())
        what = "text.txt" if command == "perplexity" else "the text"
        line = f"warning: {unknown}0% of the words of {what} are outside the model's vocabulary"
        assert (line in shown) == told
        assert ("<UNK>, which is easier" in shown) == (unknown == 3)


def rows(text):
    return [line.split("\t") for line in text.splitlines()]


def test_suggest(run, preset):
    found = rows(run("suggest", preset, "a ___.", "--top", "4").stdout)
    assert {word for _, word in found} == {"a", "dog", "barks", "."}
    assert sum(float(probability) for probability, _ in found) == pytest.approx(1, abs=1e-3)
    found = rows(run("suggest", preset, "a dog", "--top", "7").stdout)
    assert {word for _, word in found} == set(WORDS)
    assert len(rows(run("suggest", preset, "", "--top", "2").stdout)) == 2


def test_sample(run, preset):
    arguments = ("sample", preset, "--prefix", "a dog.", "--length", "6", "--seed")
    first = run(*arguments, "1").stdout
    assert first.startswith("a dog .")
    assert run(*arguments, "1").stdout == first
    assert len({run(*arguments, str(seed)).stdout for seed in range(2, 5)} | {first}) > 1


def test_a_text_in_another_script(run, preset):
    warning = "warning: 100% of the words of {} are outside the model's vocabulary"
    assert warning.format("the text") in run("score", preset, stdin="это русский\n").stderr
    assert warning.format("the prompt") in run("suggest", preset, "это", "--top", "2").stderr
    assert warning.format("the prefix") in run("sample", preset, "--prefix", "это").stderr


BAD = [
    (("score", "PRESET"), "", "<stdin>: the file holds no text"),
    (("score", "PRESET"), "a\n \n", "<stdin>:2: empty sentence"),
    (("score", "nothing"), "a\n", "neither"),
    (("score", "TINY"), "a\n", "has no softmax.h5"),
    (("score", "PRESET", "none.txt"), "", "no such file"),
    (("score", "PRESET", "--vocabulary", "words.txt"), "a\n", "a preset has its own words"),
    (("suggest", "PRESET", "a ___ ___"), "", "one blank, ___ with spaces around it"),
    (("suggest", "PRESET", "a___b"), "", "Received: 'a___b'"),
    (("suggest", "PRESET", "a", "--top", "8"), "", "from 1 to 7. Received: top=8"),
    (("sample", "PRESET", "--temperature", "0"), "", "above 0. Received: temperature=0"),
    (("sample", "PRESET", "--top-k", "6"), "", "from 1 to 5. Received: top_k=6"),
]


@pytest.mark.parametrize(("arguments", "stdin", "message"), BAD, ids=[bad[2] for bad in BAD])
def test_bad_input(run, preset, tiny, arguments, stdin, message):
    folders = {"PRESET": preset, "TINY": tiny}
    arguments = [folders.get(argument, argument) for argument in arguments]
    shown = run(*arguments, code=1, stdin=stdin)
    assert message in shown.stderr
    assert not shown.stdout
