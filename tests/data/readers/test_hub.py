"""Data sets of the hub: read by their own library, from objects and from folders of their form."""

import sys

import pytest

from keras_elmo.data import DataError
from keras_elmo.data.bad_rows import BadRows
from keras_elmo.data.reading import Reading, Source
from keras_elmo.files.lines import TextSource
from tests.data.reading_support import read, texts

datasets = pytest.importorskip("datasets", reason="needs the package datasets")

TAGS, LABELS = ["O", "B-PER", "I-PER"], ["negative", "positive"]
CARD = """---
dataset_info:
  features:
    - name: text
      dtype: string
    - name: label
      dtype:
        class_label:
          names:
            '0': negative
            '1': positive
---
"""


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A folder that `datasets` takes for user/name: two splits, and names of the classes."""
    folder = tmp_path / "user" / "name"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(CARD)
    (folder / "train.jsonl").write_text(
        '{"text": "a joy", "label": 1}\n{"text": "dull", "label": 0}\n'
    )
    (folder / "test.jsonl").write_text('{"text": "fine", "label": 1}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    return "hf://user/name"


def test_names_of_classes_everywhere():
    """What the library itself says the numbers mean, by `int2str`."""
    from keras_elmo.data.readers.hub import dataset_records

    several = datasets.Sequence(datasets.ClassLabel(names=TAGS))
    features = datasets.Features(
        {
            "tokens": datasets.Sequence(datasets.Value("string")),
            "tags": several,
            "nested": datasets.Sequence(several),
            "label": datasets.ClassLabel(names=LABELS),
            "stars": datasets.Value("int64"),
        }
    )
    columns = {
        "tokens": [["Ada", "Byron"], ["left"]],
        "tags": [[1, 2], [0]],
        "nested": [[[1], []], [[0, 2]]],
        "label": [1, 0],
        "stars": [1, 0],
    }
    dataset = datasets.Dataset.from_dict(columns, features=features)
    for number, record in dataset_records(source(), dataset):
        row = number - 1
        assert list(record) == list(features)
        tag = several.feature.int2str
        assert record["tags"] == tag(columns["tags"][row])
        assert record["nested"] == [tag(part) if part else [] for part in columns["nested"][row]]
        assert record["label"] == features["label"].int2str(columns["label"][row])
        assert (record["tokens"], record["stars"]) == (columns["tokens"][row], 1 - row)
    chosen = source(select=("label",))
    assert [list(record) for _, record in dataset_records(chosen, dataset)][1:] == [["label"]]
    unlabelled = datasets.Dataset.from_dict(columns | {"label": [1, -1]}, features=features)
    bad = source()
    assert len(list(dataset_records(bad, unlabelled))) == 1
    with pytest.raises(DataError, match=r"x: row 2: a label must be .* from 0 to 1. Received: -1"):
        bad.bad.finish()


def source(**facts):
    return Source("x", Reading(), "hf", TextSource("x"), BadRows("x"), **facts)


def test_classes_that_a_file_of_the_library_holds(tmp_path):
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=LABELS)}
    )
    dataset = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)
    dataset.to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").labels == ["positive", "negative"]


def test_by_address(hub):
    data = read(f"{hub}:train")
    assert (data.kind, data.path) == ("classification", f"{hub}:train")
    assert data.texts == ["a joy", "dull"]
    assert data.labels == ["positive", "negative"]
    assert data.lines == [1, 2]
    assert texts(f"{hub}:test") == ["fine"]
    assert read(f"{hub}/default:train[1:]").texts == ["dull"]


def test_what_is_wrong_with_an_address(hub, monkeypatch):
    with pytest.raises(DataError, match=r"named: train, test. Received: none. Say .*/name:train"):
        read(hub)
    with pytest.raises(DataError, match=r"name:dev cannot be read.* \['train', 'test'\]"):
        read(f"{hub}:dev")
    with pytest.raises(DataError, match=r"user/other:train cannot be read from the hub"):
        read("hf://user/other:train")
    monkeypatch.setenv("KERAS_ELMO_OFFLINE", "1")
    with pytest.raises(DataError, match="KERAS_ELMO_OFFLINE forbids to fetch it"):
        read("hf://user/other:train")
    with pytest.raises(ValueError, match=r"must be hf://user/name, .* Received: 'hf://a/b/c/d'"):
        read("hf://a/b/c/d")
    with pytest.raises(ValueError, match=r"has no format\. Received: 'csv'"):
        read(hub, file_format="csv")


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)  # importing it fails now
    monkeypatch.delitem(sys.modules, "keras_elmo.data.readers.hub", raising=False)
    with pytest.raises(ImportError, match=r'pip install "keras-elmo\[datasets\]"'):
        read("hf://user/name")
