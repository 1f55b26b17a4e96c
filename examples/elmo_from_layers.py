"""ELMo from its layers, read from top to bottom: from characters to a trained tagger.

Every piece is a Keras layer of this package. Their weights come from the embedded preset, and the
model gives the preset's vectors; what stands on them is then trained, first the tagger alone, then
all of it with a smaller learning rate for ELMo.
"""

import keras
import numpy as np
from keras import ops

import keras_elmo
from keras_elmo.fine_tuning.optimizer import GroupedOptimizer, LayerGroupMap
from keras_elmo.layers.boundaries import AddBoundaries, RemoveBoundaries
from keras_elmo.layers.groups import join_group
from keras_elmo.text import CharacterEncoder

keras.utils.set_random_seed(0)
TAGS = ["O", "B-PER", "I-PER", "B-LOC"]
TRAIN = [
    "Ada/B-PER Lovelace/I-PER lives in London/B-LOC",
    "Grace/B-PER Hopper/I-PER flew from Boston/B-LOC to Paris/B-LOC last week",
    "We met Alan/B-PER Turing/I-PER",
    "Rain fell on Oslo/B-LOC and on Rome/B-LOC",
    "In Madrid/B-LOC it was Linus/B-PER who spoke first",
    "Nobody came",
]

# === 1. Words → ids of their characters: int32 (batch, words, characters), 0 where padded ===
encoder = CharacterEncoder(50)  # a word is [begin, bytes, end, padding]


def read(sentences: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return character ids, the mask of real words, and the tags' numbers."""
    pairs = [[word.partition("/") for word in sentence.split()] for sentence in sentences]
    ids = encoder.encode([[word for word, _, _ in sentence] for sentence in pairs])
    mask = np.zeros(ids.shape[:2], bool)  # (batch, words)
    tags = np.zeros(ids.shape[:2], int)
    for row, sentence in enumerate(pairs):
        mask[row, : len(sentence)] = True
        tags[row, : len(sentence)] = [TAGS.index(tag or "O") for _, _, tag in sentence]
    return ids, mask, tags


# === 2. ELMo: characters → a vector a word → a language model in both directions ===
pretrained = keras_elmo.ElmoBackbone.from_preset("elmo_mini_en")

add_boundaries = AddBoundaries(encoder.bos.tolist(), encoder.eos.tolist())  # <S> sentence </S>
characters = keras_elmo.CharacterCNN(
    char_embedding_dim=16,  # a vector a character ...
    char_filters=[[1, 32], [2, 32], [3, 64], [4, 128], [5, 256]],  # ... convolutions, maxima ...
    num_highways=1,  # ... gated ...
    projection_dim=128,  # ... and projected
    name="char_cnn",
)
bilm = keras_elmo.BiLM(
    units=512,  # cells of each LSTM, of which there are two directions ...
    projection_dim=128,  # ... and each gives a projection of its state
    num_layers=2,
    cell_clip=3.0,
    projection_clip=3.0,
    name="bilm",
)
remove_boundaries = RemoveBoundaries()

ids = keras.Input((None, 50), dtype="int32", name="character_ids")
mask = keras.Input((None,), dtype="bool", name="padding_mask")
with_boundaries, longer_mask = add_boundaries(ids, mask)  # (batch, words + 2, characters)
x = characters(with_boundaries)  # (batch, words + 2, 128)
x = bilm(x, mask=longer_mask)  # (batch, words + 2, layers = 3, 256)
layers = remove_boundaries(x, mask)  # (batch, words, 3, 256)

characters.set_weights(pretrained.get_layer("char_cnn").get_weights())
bilm.set_weights(pretrained.get_layer("bilm").get_weights())

# It is the same ELMo.
ids_of_texts, mask_of_texts, tags_of_texts = read(TRAIN)
inputs = {"character_ids": ids_of_texts, "padding_mask": mask_of_texts}
own = keras.Model({"character_ids": ids, "padding_mask": mask}, layers)
difference = np.abs(ops.convert_to_numpy(own(inputs) - pretrained(inputs))).max()
print(f"largest difference to the preset's vectors: {difference:.1e}")
if difference > 1e-6:
    raise SystemExit("these layers are not the preset's ELMo")

# === 3. The tagger: a learned mix of the layers → a BiLSTM → scores of whole sequences of tags ===
mixed = keras_elmo.LayerMix("scalar", dropout_after=0.2, name="mix")(layers, mask=mask)
states = keras_elmo.BiLSTM(64, name="bilstm")(mixed, mask=mask)  # (batch, words, 128)
scores = keras.layers.Dense(len(TAGS), name="scores")(states)  # (batch, words, tags)
crf = keras_elmo.CRF(name="crf")
tagger = keras.Model({"character_ids": ids, "padding_mask": mask}, crf(scores, mask=mask))

# === 4. Train what is new, with ELMo as it is ===
characters.trainable = bilm.trainable = False
tagger.compile(keras.optimizers.Adam(1e-2), crf.loss, metrics=[crf.accuracy])
tagger.fit(inputs, tags_of_texts, batch_size=3, epochs=20, verbose=0)
print("the tagger alone:", tagger.evaluate(inputs, tags_of_texts, verbose=0, return_dict=True))

# === 5. Then all of it, ELMo at a hundredth of the rate, so that it does not forget ===
bilm.trainable = True  # the character CNN stays: its vectors of words serve every sentence
join_group(bilm.trainable_variables, "elmo")
optimizers = {"elmo": keras.optimizers.Adam(1e-5)}
optimizer = GroupedOptimizer(LayerGroupMap(keras.optimizers.Adam(1e-3), optimizers))
tagger.compile(optimizer, crf.loss, metrics=[crf.accuracy])
tagger.fit(inputs, tags_of_texts, batch_size=3, epochs=5, verbose=0)
print("with ELMo:", tagger.evaluate(inputs, tags_of_texts, verbose=0, return_dict=True))

# === 6. Use it ===
ids_of_texts, mask_of_texts, _ = read(["Ada flew to Oslo", "Alan Turing came"])
chain = tagger.predict({"character_ids": ids_of_texts, "padding_mask": mask_of_texts}, verbose=0)
print([[TAGS[tag] for tag in row] for row in crf.decode(chain)])
