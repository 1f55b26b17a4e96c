"""Tagging names with a BiLSTM-CRF in plain Keras: whole sequences of tags are scored."""

import keras
import numpy as np

import keras_elmo

TAGS = ["O", "B-PER", "I-PER", "B-LOC"]
tagged = [
    "Ada/B-PER Lovelace/I-PER lives in London/B-LOC",
    "Grace/B-PER Hopper/I-PER flew from Boston/B-LOC to Paris/B-LOC last week",
    "We met Alan/B-PER Turing/I-PER",
    "Rain fell on Oslo/B-LOC and on Rome/B-LOC",
    "In Madrid/B-LOC it was Linus/B-PER who spoke first",
    "Nobody came",
]
pairs = [[word.partition("/") for word in sentence.split()] for sentence in tagged]
preprocessor = keras_elmo.ElmoPreprocessor.from_preset("elmo_mini_en")
x = preprocessor([[word for word, _, _ in sentence] for sentence in pairs])["character_ids"]
y = np.zeros(x.shape[:2], int)  # what stands beside padding does not count
for row, sentence in zip(y, pairs, strict=True):
    row[: len(sentence)] = [TAGS.index(tag or "O") for _, _, tag in sentence]

ids = keras.Input((None, 50), dtype="int32")  # (batch, words, characters)
h = keras_elmo.ElmoEmbedding("elmo_mini_en", mix="mean")(ids)  # sends a mask to the layers behind
h = keras.layers.Bidirectional(keras.layers.LSTM(64, return_sequences=True))(h)
crf = keras_elmo.CRF()
model = keras.Model(ids, crf(keras.layers.Dense(len(TAGS))(h)))
model.compile("adam", crf.loss, metrics=[crf.accuracy])
model.fit(x, y, batch_size=3, epochs=40, verbose=0)
print(model.evaluate(x, y, verbose=0, return_dict=True))
chain = model.predict(preprocessor("Ada flew to Oslo")["character_ids"], verbose=0)
print([TAGS[tag] for tag in crf.decode(chain)[0]])
