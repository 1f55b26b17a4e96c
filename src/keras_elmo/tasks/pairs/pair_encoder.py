"""Two texts through one ELMo and one BiLSTM; questions and passages to the scores of spans."""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_elmo.batching.batches import FEATURES
from keras_elmo.batching.pair_batches import MASK, OTHER
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.attention_flow import AttentionFlow, SelfAttention
from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.layer_mix import LayerMix
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.layers.span_scores import SpanScores
from keras_elmo.layers.word_table import WordTable
from keras_elmo.text.word_shapes import SHAPES


class TextEncoder:
    """The layers that read two texts alike: mix, other word vectors, BiLSTMs.

    Args:
        mix, mix_layer_norm, elmo_dropout_before, elmo_dropout, word_shape_dim, lstm_units, dropout,
            mix_at_output: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].
        word_table: what looks up other word vectors, or None.
        word_vectors_dropout: of these vectors.
    """

    def __init__(
        self,
        *,
        mix: str | int,
        mix_layer_norm: bool,
        elmo_dropout_before: float,
        elmo_dropout: float,
        word_table: WordTable | None,
        word_vectors_dropout: float,
        word_shape_dim: int | None,
        lstm_units: list[int],
        dropout: float,
        mix_at_output: bool = False,
    ):
        names = ("elmo_mix", "output_mix") if mix_at_output else ("elmo_mix",)
        self.mix, *self._output_mix = (
            LayerMix(
                mix,
                layer_norm=mix_layer_norm,
                dropout_before=elmo_dropout_before,
                dropout_after=elmo_dropout,
                name=name,
            )
            for name in names
        )
        self._tables: dict[str, keras.layers.Layer] = {}  # by the input that they look up
        if word_table:
            self._tables["word_ids"] = word_table
        if word_shape_dim:
            self._tables["word_shapes"] = keras.layers.Embedding(
                len(SHAPES) + 1, word_shape_dim, name="word_shape_vectors"
            )
        self._word_dropout = keras.layers.Dropout(word_vectors_dropout, name="word_dropout")
        self._dropouts = [
            keras.layers.Dropout(dropout, name=f"dropout_{i}") for i in range(len(lstm_units) + 1)
        ]
        self._bilstms = [BiLSTM(units, name=f"bilstm_{i}") for i, units in enumerate(lstm_units)]

    def __call__(self, inputs: dict[str, Any], features: Any, prefix: str = "") -> Any:
        """The float `(batch, tokens, features)` of a text; `inputs` gets those of the tables."""
        mask = inputs[prefix + MASK]
        x = self.mix(features, mask=mask)
        for name, table in self._tables.items():
            key = prefix + name
            inputs[key] = keras.Input((None,), dtype="int32", name=key)
            vectors = table(inputs[key])
            if name == "word_ids":
                vectors = self._word_dropout(vectors)
            x = ops.concatenate([vectors, x], axis=-1)
        for before, bilstm in zip(self._dropouts, self._bilstms, strict=False):
            x = bilstm(before(x), mask=mask)
        for again in self._output_mix:
            x = ops.concatenate([x, again(features, mask=mask)], axis=-1)
        return self._dropouts[-1](x)


class EncodedPair(NamedTuple):
    """Two texts as the layers above read them.

    Attributes:
        inputs: of the functional graph, those of the other text with `OTHER` before their names.
        features: ELMo's, by name.
        text, other: float `(batch, tokens, features)` each.
        mask, other_mask: bool `(batch, tokens)`.
    """

    inputs: dict[str, Any]
    features: dict[str, Any]
    text: Any
    other: Any
    mask: Any
    other_mask: Any


def encode_pair(backbone: ElmoBackbone, encoder: TextEncoder) -> EncodedPair:
    """Functional graph: both texts through ELMo and what they share above it."""
    inputs = dict(backbone.input)
    second = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=OTHER + name)
        for name, tensor in inputs.items()
    }
    features = {FEATURES: backbone(backbone.input), OTHER + FEATURES: backbone(second)}
    inputs |= {OTHER + name: tensor for name, tensor in second.items()}
    text = encoder(inputs, features[FEATURES])
    other = encoder(inputs, features[OTHER + FEATURES], OTHER)
    return EncodedPair(inputs, features, text, other, inputs[MASK], inputs[OTHER + MASK])


def build_pair(
    backbone: ElmoBackbone, encoder: TextEncoder, *, units: int, dropout: float
) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Functional graph: ELMo → encoder → attention flow → self-attention → scores of spans.

    As Clark & Gardner (2018, §2.2), with LSTMs: the flow is projected to 2 × `units`,
    self-attention over a BiLSTM is added, and a BiLSTM for starts and one for ends read the sum.
    Beside the flow stands the product of each token with the whole question, pooled by attention.

    Args:
        backbone: the ELMo.
        encoder: what question and passage share.
        units: of each direction of the modelling BiLSTMs.
        dropout: before each layer.

    Returns:
        The inputs, ELMo's features by name, and what
        [`SpanScores`][keras_elmo.layers.span_scores.SpanScores] gives.
    """

    def projected(x: Any, name: str) -> Any:
        x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
        return keras.layers.Dense(2 * units, "relu", name=name)(x)

    def modelled(x: Any, name: str) -> Any:
        x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
        return BiLSTM(units, name=name)(x, mask=mask)

    inputs, features, passage, question, mask, question_mask = encode_pair(backbone, encoder)
    flow = AttentionFlow(name="attention_flow")(
        passage, question, mask=mask, question_mask=question_mask
    )
    asked_for = SequencePooling("attention", name="question_pooling")(question, mask=question_mask)
    x = ops.concatenate([flow, passage * asked_for[:, None]], axis=-1)
    x = projected(x, "flow_projection")
    y = SelfAttention(name="self_attention")(modelled(x, "modelling"), mask=mask)
    x = x + projected(y, "self_projection")
    starts = modelled(x, "starts")
    ends = modelled(ops.concatenate([x, starts], axis=-1), "ends")
    return inputs, features, SpanScores(name="spans")(starts, ends, x, asked_for, mask=mask)
