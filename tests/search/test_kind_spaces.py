"""What is searched for each kind of task, and tags in the scheme that is searched."""

import pytest

import keras_elmo
from keras_elmo.data.datasets import Dataset, JointDataset
from keras_elmo.data.kinds import KINDS
from keras_elmo.search.kind_spaces import OF_KINDS, space_for
from keras_elmo.search.space import DEFAULT_SPACE, SPACES, Choice, check_space
from keras_elmo.search.study import begun_as
from keras_elmo.tasks.registry import class_for
from keras_elmo.workflows.labelled_files import LabelledData
from keras_elmo.workflows.options import MODEL, SEQUENCES, training_options
from keras_elmo.workflows.runs import TrainingRun

SETTINGS = vars(TrainingRun("data.csv"))
SPANS, WORDS = [["B-PER", "O"]], [["NOUN", "VERB"]]


def data(kind, labels, cls=Dataset):
    return cls("data", kind, [["Ada", "left"]] * len(labels), labels, [*range(len(labels))])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SPACES)
def test_all_of_it_is_known_to_the_task(kind, name):
    labels = [{"tags": ["B-PER", "O"], "intent": "x"}] if kind == "joint" else [["a", "b"]]
    space = space_for(data(kind, labels, JointDataset if kind == "joint" else Dataset), name)
    check_space(space, SETTINGS)
    assert space.keys() >= SPACES[name].keys()
    options = training_options()
    of_model = [x for x in space if options[x].about.panel in (MODEL, SEQUENCES)]
    of_model = [x for x in of_model if not options[x].about.needs_training_elmo]
    known = class_for(kind).known(dict.fromkeys(of_model))
    # Schemes are those of the data set.
    assert set(of_model) - known.keys() <= {"scheme", "num_layers"}
    assert set(of_model) - {"scheme"} <= {*known, *class_for(kind).constructor_names()}


def test_kinds_are_kinds():
    assert OF_KINDS.keys() <= KINDS.keys()


def test_each_has_what_only_it_can_use():
    def more(kind, labels, cls=Dataset):
        return space_for(data(kind, labels, cls)).keys() - DEFAULT_SPACE.keys()

    words = {"mix_layer_norm", "word_embedding_dropout"}
    tags = {*words, "mix_at_output", "word_shape_dim"}
    assert more("classification", ["a"]) == {*words, "pooling"}
    assert more("pair", ["a"]) == {*words, "pooling", "cross_attention"}
    assert more("tagging", WORDS) == tags
    assert more("tagging", SPANS) == {*tags, "scheme"}
    assert more("qa", [[]]) == words
    columns = {"pos": WORDS[0], "slots": SPANS[0]}
    assert more("joint", [columns], JointDataset) == {*tags, "scheme"}
    columns = {"pos": WORDS[0], "intent": "x"}
    assert more("joint", [columns], JointDataset) == {*tags, "pooling"}


def test_tags_in_another_scheme_keep_the_types_that_only_a_part_has():
    rows, held_out = data("tagging", [["B-PER", "I-PER"]]), data("tagging", [["B-LOC", "O"]])
    labels = ["O", "B-LOC", "B-PER", "I-LOC", "I-PER"]
    found = LabelledData(rows, held_out, labels).in_scheme("BIOES")
    assert found.rows.labels == [["B-PER", "E-PER"]]
    assert found.held_out.labels == [["S-LOC", "O"]]
    assert set(found.labels) == {"O", *(f"{x}-{y}" for x in "BIES" for y in ("LOC", "PER"))}
    assert found.in_scheme("BIOES") is found
    alone = LabelledData(rows, None, ["B-PER", "I-PER"])
    assert alone.in_scheme(None) is alone
    assert set(alone.in_scheme("BIOES").labels) == {"O", *(f"{x}-PER" for x in "BIES")}


def test_a_scheme_that_is_searched_is_trained_in(tiny, tmp_path):
    path = tmp_path / "tags.conll"
    path.write_text("Ada\tB-PER\nleft\tO\n\nRome\tB-LOC\nfell\tO\n\n" * 6)
    space = {"scheme": Choice("BIOES"), "lstm_units": Choice(2)}
    how = {"trials": 1, "preset": tiny, "epochs": 1, "batch_size": 4}
    result = keras_elmo.tune(path, tmp_path / "search", space=space, **how)
    assert result.best.parameters["scheme"] == "BIOES"
    assert "--scheme BIOES" in " ".join(result.command)
    model = keras_elmo.ElmoTokenClassifier.from_preset(tmp_path / "search" / "best")
    assert (model.scheme, "S-PER" in model.labels) == ("BIOES", True)


def test_by_default_the_space_is_that_of_the_data(tiny, tmp_path):
    path = tmp_path / "tags.conll"
    path.write_text("Ada\tB-PER\nleft\tO\n\nRome\tB-LOC\nfell\tO\n\n" * 6)
    how = {"trials": 1, "preset": tiny, "epochs": 1, "lstm_units": 2}
    result = keras_elmo.tune(path, tmp_path / "search", **how)
    assert begun_as(tmp_path / "search")["space"].keys() == result.best.parameters.keys()
    assert (
        result.best.parameters.items()
        >= {"scheme": "BIOES", "word_shape_dim": 16, "learning_rate": 4e-3}.items()
    )


def test_a_search_of_an_earlier_version_goes_on_with_its_space(reviews, tiny, tmp_path):
    how = {"preset": tiny, "epochs": 1, "batch_size": 8, "lstm_units": 2}
    assert begun_as(tmp_path / "old") == {}
    keras_elmo.tune(reviews, tmp_path / "old", space=DEFAULT_SPACE, trials=1, **how)
    assert begun_as(tmp_path / "old")["space"].keys() == DEFAULT_SPACE.keys() - how.keys()
    again = keras_elmo.tune(reviews, tmp_path / "old", trials=2, resume=True, **how)
    assert len(again.trials) == 2
    assert "pooling" not in again.trials[1].parameters
    with pytest.raises(ValueError, match="one of frozen, fine-tuning, or a Python file"):
        keras_elmo.tune(reviews, tmp_path / "none", space="everything", **how)
