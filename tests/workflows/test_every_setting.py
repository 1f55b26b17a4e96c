"""Every setting of a task and of its training is an option, or has a reason to be none."""

from dataclasses import fields

import pytest

from keras_elmo.fine_tuning.recipes import Recipe
from keras_elmo.tasks.registry import OURS, task_class
from keras_elmo.workflows.options import training_options

FROM_DATA = {  # what the data, the preset or the development set decide
    *("labels", "num_classes", "multi_label", "sentence_labels", "schemes", "preprocessor"),
    *("target_mean", "target_scale", "target_vocabulary", "source_characters"),
    *("max_target_length", "max_answer_length", "new_words"),
    *("temperature", "thresholds", "no_answer_threshold"),
}
FROM_OTHERS = {  # what other options say
    *("hidden_units", "modelling_units"),  # lstm_units
    *("trainable_elmo", "trainable_parts", "trainable"),  # fine_tune, unfreezing
}
IN_PYTHON = {
    *("backbone", "name", "dtype"),
    *("window", "window_step"),  # of passages: more of them costs time, fewer lose answers
    "sampling_steps",
}
OF_RECIPES_IN_PYTHON = {"rates", "mix_l2", "clip_norm", "accumulate", "keep"}


@pytest.mark.parametrize("name", OURS)
def test_settings_of_tasks(name):
    settings = set(task_class(name).constructor_names())
    assert settings - training_options().keys() <= FROM_DATA | FROM_OTHERS | IN_PYTHON


def test_settings_of_recipes():
    settings = {field.name for field in fields(Recipe)}
    assert settings - training_options().keys() == OF_RECIPES_IN_PYTHON
