"""A tiny random ELMo, a small labelled file, and a space whose trainings are short."""

import pytest

REVIEWS = [
    (f"a {word} film", label)
    for label, words in (("pos", "good great joy"), ("neg", "bad dull lost"))
    for word in words.split()
] * 4


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Return a preset folder."""
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.pretraining.export import export_preset

    folder = tmp_path_factory.mktemp("elmo") / "tiny"
    backbone = ElmoBackbone(
        projection_dim=4, units=8, char_embedding_dim=4, char_filters=[[1, 8], [2, 8]]
    )
    export_preset(backbone, folder, description="random")
    return folder


@pytest.fixture
def reviews(tmp_path):
    """Return a CSV file of 24 labelled texts."""
    path = tmp_path / "reviews.csv"
    lines = ["text,label", *(f"{text},{label}" for text, label in REVIEWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def space():
    """Return a space of small heads."""
    from keras_elmo.search.space import Choice, Float

    return {"lstm_units": Choice(2, 4), "learning_rate": Float(1e-3, 1e-1, log=True)}
