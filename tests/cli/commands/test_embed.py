"""`embed`, `info` and the group itself."""

import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

TOKENS = "Profit rose sharply .\nHello world\nAda lives in Rome\n"


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens.txt"
    path.write_text(TOKENS)
    return path


def features(path):
    with h5py.File(path) as file:
        return {name: data[...] for name, data in file.items()}


def test_all_layers_of_published_weights(run, tiny, tokens, tmp_path):
    files = ("--weights", tiny.parent / "weights.hdf5", "--options", tiny.parent / "options.json")
    shown = run("embed", tokens, *files, "--layers", "all", "-o", "out.h5").stderr
    assert "10 tokens" in shown
    found = features(tmp_path / "out.h5")
    assert {name: x.shape for name, x in found.items()} == {
        "0": (3, 4, 8),
        "1": (3, 2, 8),
        "2": (3, 4, 8),
    }
    run("embed", tokens, "--preset", tiny, "--layers", "0,2", "-o", "some.h5")
    some = features(tmp_path / "some.h5")
    for name, x in found.items():
        np.testing.assert_allclose(some[name], x[[0, 2]], atol=1e-6)


def test_preset_of_any_format(run, tiny, tokens, tmp_path):
    run("convert", tiny, "elmo.safetensors", "--to", "safetensors")
    run("embed", tokens, "--preset", tiny, "--layers", "all", "-o", "preset.h5")
    expected = features(tmp_path / "preset.h5")
    for number, path in enumerate((tiny.parent / "weights.hdf5", "elmo.safetensors")):
        for engine in ("keras", "onnx"):
            name = f"{number}_{engine}.h5"
            run("embed", tokens, "--preset", path, "--engine", engine, "-o", name)
            for key, x in features(tmp_path / name).items():
                np.testing.assert_allclose(x, expected[key], atol=1e-6)


def test_stateful_reads_on(run, tiny, tokens, tmp_path):
    arguments = ("embed", tokens, "--preset", tiny, "--layers", "top")
    run(*arguments, "-o", "reset.h5")
    run(*arguments, "--stateful", "--batch-size", "1", "-o", "carried.h5")
    reset, carried = features(tmp_path / "reset.h5"), features(tmp_path / "carried.h5")
    assert carried["0"].shape == (4, 8)  # one layer has no axis, as with AllenNLP
    np.testing.assert_allclose(carried["0"], reset["0"], atol=1e-6)
    assert not np.allclose(carried["1"], reset["1"], atol=1e-6)


@pytest.fixture(scope="module")
def expected(tiny):
    """Return what the embedder says, end to end."""
    from keras_elmo import ElmoBackbone
    from keras_elmo.embedding.embedder import ElmoEmbedder

    return np.concatenate(ElmoEmbedder(ElmoBackbone.from_preset(tiny)).embed(TOKENS.splitlines()))


SPLIT = [line.split() for line in TOKENS.splitlines()]
INPUTS = {  # name: content and options
    "a.txt": (TOKENS, ()),
    "a.csv": (
        "id,review\n" + "".join(f"7,{x}\n" for x in TOKENS.splitlines()),
        ("--text", "review"),
    ),
    "a.tsv": ("".join(f"7\t{x}\n" for x in TOKENS.splitlines()), ("--text", "1")),
    "a.jsonl": ("".join(json.dumps({"words": x}) + "\n" for x in SPLIT), ("--text", "words")),
    "a.conll": ("\n\n".join("\n".join(f"{w} X" for w in x) for x in SPLIT), ()),
    "-": (TOKENS, ()),
    "- as conll": (
        "\n\n".join("\n".join(f"X {w}" for w in x) for x in SPLIT),
        ("--text", "1", "--format", "conll"),
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_inputs(run, tiny, tmp_path, expected, name):
    content, options = INPUTS[name]
    if not name.startswith("-"):
        (tmp_path / name).write_text(content)
    arguments = (name.split()[0], *options, "--preset", tiny, "-o", "out.npz")
    shown = run("embed", *arguments, stdin=content).stderr
    assert "3 sentences, 10 tokens, " in shown
    assert shown.endswith("tokens/s: out.npz\n")
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays["offsets"].tolist() == [0, 4, 6, 10]
        np.testing.assert_allclose(arrays["features"], expected, atol=1e-6)


def test_pooled_mix_of_raw_text(run, tiny, tmp_path):
    (tmp_path / "raw.txt").write_text("Isn't it?\n")
    arguments = ("embed", "raw.txt", "--preset", tiny, "--quiet")
    run(*arguments, "--tokenizer", "words", "-o", "all.npy")
    features = np.load(tmp_path / "all.npy")
    assert features.shape == (4, 3, 8)  # Is n't it ?
    options = ("--tokenizer", "words", "--pool", "mean", "--mix=-1,2,0", "--dtype", "float16")
    assert run(*arguments, *options, "-o", "out.npy").stderr == ""
    mixed = 2 * features[:, 1] - features[:, 0]
    np.testing.assert_allclose(
        np.load(tmp_path / "out.npy")[0], mixed.mean(0), rtol=2e-3, atol=1e-3
    )


@pytest.mark.parametrize("source", ["preset", "published"])
def test_onnx_computes_the_same_without_keras(tiny, tmp_path, source, expected):
    (tmp_path / "a.txt").write_text(TOKENS)
    model = ["--preset", str(tiny)]
    if source == "published":
        from keras_elmo import ElmoBackbone

        ElmoBackbone.from_preset(tiny).save_hdf5(tmp_path / "w.hdf5", tmp_path / "o.json")
        model = ["--weights", "w.hdf5", "--options", "o.json"]
    arguments = ["embed", "a.txt", *model, "--engine", "onnx", "-o", "out.npy", "--quiet"]
    code = (
        "import sys; from keras_elmo.cli import app; "
        f"app({arguments}, standalone_mode=False); "
        "print(*{'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-5)


def test_engine_and_precision_must_fit(run, tiny, tokens):
    for options, message in (
        (("--engine", "keras", "--precision", "int8"), "needs `engine='onnx'`"),
        (("--engine", "onnx", "--stateful"), "`--stateful` is computed by `--engine keras`"),
    ):
        shown = run("embed", tokens, "--preset", tiny, *options, "-o", "out.npz", code=1).stderr
        assert message in shown


LINES = [" ".join(["word"] * (1 + i % 7) + [str(i)]) for i in range(4200)]
MANY = "\n".join(LINES) + "\n"


@pytest.mark.compiled
def test_it_goes_on_after_kill_9(run, tiny, tmp_path):
    arguments = ("embed", "-", "--preset", tiny)
    run(*arguments, "-o", "whole.npz", stdin=MANY)
    _kill_after_a_chunk([*arguments, "-o", "out.npz"], LINES[:4150], tmp_path)
    shown = run(*arguments, "-o", "out.npz", "--layers", "top", stdin=MANY, code=1).stderr
    assert "layers 'all' (now 'top')" in shown
    shown = run(*arguments, "-o", "out.npz", stdin=MANY).stderr
    assert "continuing after 4,096 sentences" in shown
    assert "4,200 sentences, " in shown
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert not (tmp_path / "out.npz.unfinished").exists()


def test_the_state_goes_on_after_an_error(run, tiny, tmp_path, monkeypatch):
    arguments = ("embed", "-", "--preset", tiny, "--batch-size", "2", "--stateful", "-o")
    few = "\n".join(LINES[:150]) + "\n"
    run(*arguments, "whole.npz", stdin=few)
    broken = "\n".join([*LINES[:70], "", *LINES[70:]])
    assert "<stdin>:71: empty" in run(*arguments, "out.npz", stdin=broken, code=1).stderr
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["keras_elmo.cli.commands.embed"], "load_engine", _press_ctrl_c)
        shown = run(*arguments, "out.npz", stdin=few, code=130).stderr
    assert "out.npz.unfinished keeps what is done; go on with: keras-elmo embed -" in shown
    assert "after 64 sentences" in run(*arguments, "out.npz", stdin=few).stderr
    assert (tmp_path / "out.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def _press_ctrl_c(*_):
    raise KeyboardInterrupt


def _kill_after_a_chunk(arguments, lines, cwd):
    """The process gets these lines and no end of its input, so it waits after their first chunk."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from keras_elmo.cli import main; main()", *map(str, arguments)],
        stdin=subprocess.PIPE,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    process.stdin.write(("\n".join(lines) + "\n").encode())
    process.stdin.flush()
    deadline = time.monotonic() + 120
    while not (cwd / "out.npz.unfinished" / "done.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()


def test_info(run, tiny):
    shown = run("info", tiny).stdout
    assert "bilm_2" in shown
    assert "char_filters" in shown
    run("info")
    assert "Received: 'nothing'" in run("info", "nothing", code=1).stderr


def test_help_is_quick_and_has_examples(run):
    for command in ("train", "evaluate", "predict", "embed", "info", "pretrain", "demo"):
        assert f"keras-elmo {command}" in run(command, "--help").stdout
    code = "from keras_elmo.cli import main; main()"
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, check=True)
    assert time.monotonic() - start < 5.0  # far above what it takes, for machines that are busy


def test_help_loads_no_arrays():
    code = "import sys, keras_elmo.cli; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
