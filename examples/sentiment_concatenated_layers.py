"""Sentiment of financial news: all three ELMo layers side by side, then a BiLSTM."""

import keras

import keras_elmo

keras.utils.set_random_seed(1)  # fourteen sentences show how it is done, and teach little
news = {
    "Operating profit rose to EUR 13.1 mn from EUR 8.7 mn .": "positive",
    "The company won an order worth USD 40 million .": "positive",
    "Sales grew in every region and the dividend was raised .": "positive",
    "Net sales increased by 12 % on strong demand .": "positive",
    "Revenue rose strongly in Asia .": "positive",
    "Pretax profit fell by half and 200 jobs will go .": "negative",
    "The group made a loss of EUR 3 million .": "negative",
    "Orders dropped sharply in the fourth quarter .": "negative",
    "The company issued a profit warning on weak demand .": "negative",
    "Earnings fell on higher costs .": "negative",
    "The annual meeting takes place in Helsinki .": "neutral",
    "The contract covers services in Finland and Sweden .": "neutral",
    "The company employs 1,200 people .": "neutral",
    "Financial terms were not disclosed .": "neutral",
}

classifier = keras_elmo.ElmoTextClassifier.from_preset(
    "elmo_mini_en",
    labels=["negative", "neutral", "positive"],
    mix="concat",  # (batch, words, 3 layers × 256)
    lstm_units=64,
    pooling="max",
)
classifier.fit(list(news), list(news.values()), epochs=25, batch_size=4, verbose=0)

for sentence in ("Quarterly sales rose strongly .", "Profit fell on weak orders ."):
    print(f"{classifier.predict_labels([sentence])[0]:9} {sentence}")
print(classifier.evaluate(list(news), list(news.values()), verbose=0, return_dict=True))
