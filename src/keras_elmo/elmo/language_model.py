"""ELMo as what it was trained as: a language model that predicts the next and the previous word."""

import keras
from keras import ops

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.sampled_softmax import SampledSoftmax


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoLanguageModel(keras.Model):
    r"""The bidirectional language model over an `ElmoBackbone` (Peters et al. 2018, §3.1).

    Minimises the mean of $-\log p(w_t \mid w_{<t})$ and $-\log p(w_t \mid w_{>t})$; both
    directions share the character CNN and the softmax. The character CNN runs once per distinct
    word of the batch.

    Args:
        backbone: a character-input `ElmoBackbone`; training changes its variables in place.
        vocabulary_size: number of words of the softmax, `<S>`, `</S>`, `<UNK>` included.

    Call arguments (a dict):
        type_characters: a tuple of int32 `(types, characters)`, the distinct words of the batch in
            groups of any widths. A row may end earlier than `max_characters_per_token` if it ends
            with as many padding characters as the widest filter.
        type_index: int32 `(batch, time)`, rows of all groups one below the other, `<S>` first,
            `</S>` last.
        targets: int32 `(batch, time)`, the same words as ids of the softmax.
        target_log_counts, candidates, candidate_log_counts: for the sampled softmax, see
            [`SampledSoftmax`][keras_elmo.layers.sampled_softmax.SampledSoftmax]; leave them out for
            the full softmax. target_log_counts: float `(batch, time)`.

    Returns:
        float32 `(2, batch, time - 1)`: the loss of each prediction in nats, forward (of the second
        to the last word) and backward (of the first to the last but one).
    """

    def __init__(self, backbone: ElmoBackbone, vocabulary_size: int, **kwargs):
        super().__init__(**kwargs)
        self.backbone = backbone
        self.vocabulary_size = vocabulary_size
        self.softmax = SampledSoftmax(vocabulary_size, name="softmax")
        self.softmax.build((None, backbone.projection_dim))
        self.built = True

    def call(self, inputs, training=None):
        backbone, size = self.backbone, self.backbone.projection_dim
        types = ops.concatenate(
            [backbone.word_layer(group) for group in inputs["type_characters"]]
        )  # (types, P)
        words = ops.take(types, inputs["type_index"], axis=0)  # (batch, time, P)
        top = backbone.bilm(words, training=training)[:, :, -1]  # (batch, time, 2P)
        hidden = ops.stack([top[:, :-1, :size], top[:, 1:, size:]])  # (2, batch, time - 1, P)

        def both(name):  # (2, batch, time - 1): the next words, the previous words
            return ops.stack([inputs[name][:, 1:], inputs[name][:, :-1]])

        targets = both("targets")
        arguments = {}
        if "candidates" in inputs:
            arguments = {name: inputs[name] for name in ("candidates", "candidate_log_counts")}
            arguments["target_log_counts"] = ops.reshape(both("target_log_counts"), (-1,))
        losses = self.softmax(
            ops.reshape(hidden, (-1, size)), ops.reshape(targets, (-1,)), **arguments
        )
        return ops.reshape(losses, ops.shape(targets))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(y_pred)

    def get_config(self):
        return super().get_config() | {
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "vocabulary_size": self.vocabulary_size,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        config["backbone"] = keras.saving.deserialize_keras_object(config["backbone"])
        return cls(**config)
