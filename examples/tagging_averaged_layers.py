"""Tagging names: the mean of ELMo's layers, a BiLSTM, a softmax at each word, padding masked."""

import keras
import numpy as np

import keras_elmo

TAGS = ["O", "PER", "LOC"]
tagged = [
    "Ada/PER lives in London/LOC",
    "Grace/PER flew from Boston/LOC to Paris/LOC last week",
    "We met Alan/PER",
    "Rain fell on Oslo/LOC and on Rome/LOC",
    "In Madrid/LOC it was Linus/PER who spoke first",
    "Nobody came",
]
pairs = [[word.partition("/") for word in sentence.split()] for sentence in tagged]
words = [[word for word, _, _ in sentence] for sentence in pairs]
tags = [[TAGS.index(tag or "O") for _, _, tag in sentence] for sentence in pairs]
preprocessor = keras_elmo.ElmoPreprocessor.from_preset("elmo_mini_en")


def batches(size=3):  # each is padded to its own longest sentence
    while True:
        for start in range(0, len(words), size):
            ids = preprocessor(words[start : start + size])["character_ids"]
            y = [row + [0] * (ids.shape[1] - len(row)) for row in tags[start : start + size]]
            yield ids, np.array(y)


ids = keras.Input((None, 50), dtype="int32")  # (batch, words, characters)
x = keras_elmo.ElmoEmbedding("elmo_mini_en", mix="mean")(ids)  # sends a mask to loss and layers
x = keras.layers.Bidirectional(keras.layers.LSTM(64, return_sequences=True))(x)
y = keras.layers.TimeDistributed(keras.layers.Dense(len(TAGS), activation="softmax"))(x)
model = keras.Model(ids, y)
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(batches(), steps_per_epoch=2, epochs=40, shuffle=False, verbose=0)
predicted = model.predict(preprocessor("Ada flew to Oslo")["character_ids"], verbose=0)[0]
print([TAGS[i] for i in predicted.argmax(axis=-1)])
