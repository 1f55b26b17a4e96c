"""What README and guide tell people to type: it runs, and every option in it exists."""

import re
import runpy
import shlex
import tarfile
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "docs/guide.md", "docs/data.md", "docs/options.md", "docs/export.md"]
# What is not run, and where else it is tested.
NOT_RUN = {
    "keras_elmo.tune(": "a search of many trainings: tests/search",
    'load_elmo("module/")': "a module of TF-Hub: tests/elmo/test_tf_hub.py",
    "import onnxruntime": "an ELMo in ONNX: tests/embedding/engines/test_onnx_model.py",
    'load_exported("out/")': "an exported model: tests/export",
    "bilm_tf_training/": "a checkpoint of bilm-tf: tests/elmo/test_checkpoint_file.py",
}


def blocks(document, *languages):
    """Yield the line that opens each fenced block of a language, and its text."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if match[1] in languages:
            yield 1 + text[: match.start()].count("\n"), match[2]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that the snippets read, small, in the working directory."""
    from support import small_backbone

    from keras_elmo import ElmoTextClassifier
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.pretraining.export import export_preset
    from keras_elmo.text.vocabulary import MARKS

    monkeypatch.chdir(tmp_path)
    Path("probe.txt").write_text("Ada sleeps .\nit rains , again .\n")
    monkeypatch.setattr("keras_elmo.fine_tuning.forgetting.PROBE", Path("probe.txt"))
    backbone, *_ = small_backbone(max_characters_per_token=50)
    words = ["the", "bank", "rate", "old", "rose", *(f"word{i}" for i in range(60))]
    vocabulary = [*MARKS, *words]
    model = ElmoLanguageModel(backbone, len(vocabulary))
    export_preset(backbone, "my_elmo", description="random")
    export_preset(model, "my_elmo/preset", vocabulary=vocabulary)
    labels = ["negative", "positive"]
    task = ElmoTextClassifier.from_preset("elmo_mini_en", labels=labels, lstm_units=4)
    task.save_to_preset("model")
    backbone.save_hdf5("weights.hdf5", "options.json")
    with tarfile.open("model.tar.gz", "w:gz") as archive:
        archive.add("weights.hdf5")
        archive.add("options.json")
    Path("glove.6B.100d.txt").write_text("film 1 2 3\ngood -1 0 1\n")
    for name in ("reviews.csv", "new.csv"):
        Path(name).write_text("review,stars\na joy,5\ndull,1\n")
    Path("train.conllu").write_text(
        "# intent = Music\n1\tplay\t_\tVERB\t_\t_\t_\t_\t_\tSlot=O\n"
        "2\tNina\t_\tPROPN\t_\t_\t_\t_\t_\tSlot=B-artist\n\n"
    )


def taken_for_granted():
    """The names that a reader has already."""
    import keras
    import numpy as np

    import keras_elmo

    texts, labels = ["a joy to watch", "two lost hours"], ["positive", "negative"]
    return {
        "keras": keras,
        "keras_elmo": keras_elmo,
        "np": np,
        "texts": texts,
        "labels": labels,
        "train_texts": texts,
        "train_labels": labels,
        "dev_texts": texts,
        "dev_labels": labels,
        "tokens": [["Ada", "sleeps"], ["it", "rains"]],
        "sentences": ["a joy to watch"],
        "tags": [["B-PER", "O"], ["O", "O"]],
        "words_of_the_data": ["film", "bad"],
        "slots": ["O", "B-artist", "I-artist"],
        "parts_of_speech": ["VERB", "PROPN"],
        "intents": ["Music", "Weather"],
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_snippets_run(document, files):
    names = taken_for_granted()
    for line, code in blocks(document, "python"):
        if any(sign in code for sign in NOT_RUN):
            continue
        short = re.sub(r"epochs=\d+", "epochs=2", code)
        # The line numbers of a traceback are those of the document.
        exec(compile("\n" * line + short, ROOT / document, "exec"), names)


def commands():
    """Every command of the documents with its place."""
    for document in DOCUMENTS:
        for line, text in blocks(document, "sh", "bash"):
            for number, command in enumerate(text.splitlines(), line + 1):
                yield f"{document}:{number}", command


def test_commands_are_understood():
    """By the command line's own parser: their options exist, their values are of the type."""
    from typer.main import get_command

    from keras_elmo.cli import app

    known = get_command(app).commands
    for place, text in commands():
        for words in _parts(text):
            if words[0] != "keras-elmo":
                continue
            name, *arguments = words[1:]
            try:
                command = known[name]
                if hasattr(command, "commands"):  # `cache list`
                    command, arguments = command.commands[arguments[0]], arguments[1:]
                command.make_context(name, arguments)
            except Exception as error:
                raise AssertionError(f"{place}: {text}: {error!r}") from error


def test_other_commands_exist():
    """Targets of make, modules that are run, extras that are installed."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = set(project["optional-dependencies"])
    seen = set()
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for kind, name in re.findall(r"(?m)(make|python -m) ([a-z_.-]+[a-z_])", text):
            if kind == "make" and re.search(rf"(^|`)make {name}", text, re.MULTILINE):
                assert name in targets, f"{document}: make {name}"
                seen.add(kind)
            elif kind == "python -m" and name.startswith("benchmarks."):
                assert (ROOT / f"{name.replace('.', '/')}.py").is_file(), f"{document}: {name}"
                seen.add(kind)
        for names in re.findall(r"\[([a-z,]+)\]\"", text):
            assert set(names.split(",")) <= extras, f"{document}: [{names}]"
            seen.add("extras")
    assert seen == {"make", "python -m", "extras"}


def test_options_exist():
    """Those named in running text and tables, too."""
    from typer.main import get_command

    from keras_elmo.cli import app

    known, groups = set(), list(get_command(app).commands.values())
    for command in groups:
        groups.extend(getattr(command, "commands", {}).values())
        known |= {name for option in command.params for name in option.opts + option.secondary_opts}
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text)) - {"--help"}
        assert named <= known, f"{document}: {sorted(named - known)}"


def _parts(line):
    """The commands of a line, between pipes, as words."""
    words = shlex.split(line, comments=True)
    parts = [[]]
    for word in words:
        if word == "|":
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def test_the_table_of_options_is_that_of_the_code():
    page = runpy.run_path(str(ROOT / "docs/options.py"))["page"]()
    found = (ROOT / "docs/options.md").read_text(encoding="utf-8")
    assert found == page, "write it anew: python docs/options.py"


def test_links_lead_somewhere():
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            url = urlsplit(target)
            if url.scheme:
                continue
            path = (ROOT / document).parent / url.path if url.path else ROOT / document
            assert path.exists(), f"{document}: {target}"
            if url.fragment and path.suffix == ".md":
                assert url.fragment in _anchors(path), f"{document}: {target}"


def _anchors(path):
    """The names that headings get, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
