"""One compiled training step for batches of all shapes."""

import keras
import numpy as np

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.batches import BatchMaker
from keras_elmo.pretraining.config import PretrainingConfig
from keras_elmo.pretraining.corpus import EOS


def trace_for_any_shape(
    model: ElmoLanguageModel, maker: BatchMaker, config: PretrainingConfig
) -> None:
    """Compile TensorFlow's training step before the first batch, and leave the model as it is.

    TensorFlow traces a first batch for its own shape and the next one for any. The two graphs round
    differently, so a resumed run, whose first batch is another one, would not repeat what an
    uninterrupted run does. Here two made-up batches that differ in every length come first.
    """
    if keras.config.backend() != "tensorflow":
        return  # JAX has one program a shape, PyTorch none
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    groups = maker.characters.group
    types = np.concatenate([np.flatnonzero(groups == group)[:3] for group in np.unique(groups)])
    few, many = (1, 1), (2, 4 * len(types))
    if config.rows and config.unroll:
        few = many = (config.rows, config.unroll)
    random = np.random.default_rng(0)
    rarest = config.vocabulary_size - 1
    for shape, read, last in ((few, np.array([EOS]), 0), (many, types, rarest)):
        words = np.resize(read, (2, *shape))
        predicted = np.linspace(0, last, words.size).astype(int).reshape(words.shape)
        model.train_on_batch(maker.of_types(words, predicted, random))
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
