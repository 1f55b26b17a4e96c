"""Two texts through one ELMo and one BiLSTM; questions and passages to the scores of spans."""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_elmo.batching.batches import FEATURES
from keras_elmo.batching.pair_batches import MASK
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.attention_flow import AttentionFlow, SelfAttention
from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.layers.span_scores import SpanScores
from keras_elmo.runtime.pairs import OTHER
from keras_elmo.tasks.encoder import TextEncoder


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
    backbone: ElmoBackbone, encoder: TextEncoder, *, units: int
) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Functional graph: ELMo → encoder → attention flow → self-attention → scores of spans.

    As Clark & Gardner (2018, §2.2), with LSTMs: the flow is projected to 2 × `units`,
    self-attention over a BiLSTM is added, and a BiLSTM for starts and one for ends read the sum.
    Beside the flow stands the product of each token with the whole question, pooled by attention.

    Args:
        backbone: the ELMo.
        encoder: what question and passage share.
        units: of each direction of the modelling BiLSTMs.

    Returns:
        The inputs, ELMo's features by name, and what
        [`SpanScores`][keras_elmo.layers.span_scores.SpanScores] gives.
    """

    dropout = encoder.config.dropout

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
