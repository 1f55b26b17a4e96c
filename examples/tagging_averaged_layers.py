"""Tagging names: the mean of ELMo's layers, a BiLSTM, and a softmax at each word, padding masked."""

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
] * 4
pairs = [[word.partition("/") for word in sentence.split()] for sentence in tagged]
words = [[word for word, _, _ in sentence] for sentence in pairs]
tags = [[TAGS.index(tag or "O") for _, _, tag in sentence] for sentence in pairs]
preprocessor = keras_elmo.ElmoPreprocessor.from_preset("elmo_mini_en")


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):  # 3 sentences, padded to the longest of the batch only
        ids = preprocessor(words[3 * i : 3 * i + 3])["character_ids"]
        y = [row + [0] * (ids.shape[1] - len(row)) for row in tags[3 * i : 3 * i + 3]]
        return ids, np.array(y)


ids = keras.Input((None, 50), dtype="int32")  # (batch, words, characters)
x = keras_elmo.ElmoEmbedding("elmo_mini_en", mix="mean")(ids)  # sends a mask along
x = keras.layers.Bidirectional(keras.layers.LSTM(64, return_sequences=True))(x)
y = keras.layers.TimeDistributed(keras.layers.Dense(len(TAGS), activation="softmax"))(x)
model = keras.Model(ids, y)
model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)  # lengths vary
print("loss", model.fit(Batches(workers=1), epochs=15, verbose=0).history["loss"][-1])
sentence = "Ada flew to Oslo".split()
predicted = model.predict(preprocessor([sentence])["character_ids"], verbose=0)[0].argmax(-1)
print(list(zip(sentence, [TAGS[i] for i in predicted], strict=True)))
