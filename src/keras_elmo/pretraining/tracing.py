"""One compiled training step for batches of all shapes."""

import keras
import numpy as np

from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.pretraining.batches import TypeCharacters, spell_batch, tail_rows
from keras_elmo.pretraining.candidates import LogUniformSampler
from keras_elmo.pretraining.config import PretrainingConfig
from keras_elmo.pretraining.corpus import EOS


def trace_for_any_shape(
    model: ElmoLanguageModel,
    characters: TypeCharacters,
    config: PretrainingConfig,
    sampler: LogUniformSampler | None,
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
    types = np.concatenate(
        [np.flatnonzero(characters.group == group)[:3] for group in np.unique(characters.group)]
    )
    few, many = (1, 1), (2, 4 * len(types))
    if config.rows and config.unroll:
        few = many = (config.rows, config.unroll)
    random = np.random.default_rng(0)
    size = config.vocabulary_size
    for shape, read, last in ((few, np.array([EOS]), 0), (many, types, size - 1)):
        words = np.resize(read, (2, *shape))
        predicted = np.linspace(0, last, words.size).astype(int).reshape(words.shape)
        batch = spell_batch(words, predicted, characters, size, sampler, random)
        if model.cutoffs:
            batch |= tail_rows(batch["targets"], [*model.cutoffs, size])
        model.train_on_batch(batch)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
