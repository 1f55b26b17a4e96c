"""Strings in: a functional model whose ELMo trains at 1e-5 or less (TensorFlow)."""

import keras
import numpy as np
import tensorflow as tf

import keras_elmo

positive = ["a joy to watch", "funny , warm and wise", "the best film of the year"]
negative = ["two lost hours", "dull , loud and far too long", "the worst film of the year"]
x = tf.constant(positive + negative)
y = np.array([1.0] * 3 + [0.0] * 3)

sentences = keras.Input((), dtype="string")  # words are split on spaces inside the graph
elmo = keras_elmo.ElmoEmbedding("elmo_mini_en", mix="scalar", trainable=True)
h = keras.layers.Bidirectional(keras.layers.LSTM(64))(elmo(sentences))
model = keras.Model(sentences, keras.layers.Dense(1, "sigmoid")(h))
model.compile(
    keras_elmo.discriminative_learning_rates(model, head=1e-3, top=1e-5),
    "binary_crossentropy",
    metrics=["accuracy"],
)
for group in keras_elmo.parameter_table(model):
    print(f"{group.name:20} {group.parameters:10,} parameters, rate {group.learning_rate:g}")
history = model.fit(x, y, epochs=20, batch_size=3, verbose=0).history
print("accuracy", history["accuracy"][-1])
print(model.predict(tf.constant(["a warm and funny film"]), verbose=0))
