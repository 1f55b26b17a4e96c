"""`presets`: what can be asked for by name, and how it is fetched."""


def test_lists_and_searches(run):
    assert "inside" in run("presets").stdout
    shown = run("presets", "Spanish").stdout
    assert "elmo_many_langs_es" in shown
    assert "elmo_many_langs_fr" not in shown
    assert "https://aclanthology.org/K18-2005" in shown  # one alone is shown in full
    assert "no ELMo has 'klingon'" in run("presets", "klingon", code=1).stderr


def test_download_wants_one(run):
    assert "which fits 7" in run("presets", "english", "--download", code=1).stderr


def test_offline(run, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_ELMO_OFFLINE", "1")
    monkeypatch.setenv("KERAS_ELMO_HOME", str(tmp_path))
    for command in (("presets", "elmo_small_en", "--download"), ("info", "elmo_small_en")):
        refused = run(*command, code=1).stderr
        assert "KERAS_ELMO_OFFLINE" in refused
        assert str(tmp_path / "models") in refused.replace("\n", "")
