"""A training loop in plain JAX: `stateless_call` under `jax.value_and_grad`, compiled, plain SGD.

KERAS_BACKEND=jax python examples/native_loop_jax.py
"""

import jax  # pyright: ignore[reportMissingImports]

import keras_elmo

words = [["Ada", "Lovelace", "met", "Charles"], ["It", "rained", "in", "London"]]
tags = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O", "O", "B-LOC"]]
tagger = keras_elmo.ElmoTokenClassifier.from_preset(
    "elmo_mini_en",
    labels=["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
    crf=True,
    scheme="BIO",
    lstm_units=32,
)
inputs, targets, weights = tagger.batches(words, tags)[0]


def loss_of(trainable, fixed, inputs, targets, weights):
    """The loss of a batch, and the variables that a call changes: states of random generators."""
    outputs, fixed = tagger.stateless_call(trainable, fixed, inputs, training=True)
    # The transitions of the CRF are in the outputs: those of `trainable`.
    return tagger.compute_loss(inputs, targets, outputs, weights), fixed


@jax.jit
def step(trainable, fixed, *batch):
    (loss, fixed), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable, fixed, *batch)
    return loss, jax.tree.map(lambda v, g: v - 0.5 * g, trainable, gradients), fixed


trainable = [variable.value for variable in tagger.trainable_variables]
fixed = [variable.value for variable in tagger.non_trainable_variables]
for number in range(1, 61):
    loss, trainable, fixed = step(trainable, fixed, inputs, targets, weights)
    if number % 20 == 0:
        print(f"step {number}: loss {loss:.3f}")

for variable, value in zip(tagger.trainable_variables, trainable, strict=True):
    variable.assign(value)
print(tagger.predict_labels(words))
