"""Two texts: their class (entailment, paraphrase, stance) or their number (similarity)."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import keras
from keras import ops

from keras_elmo.batching.pair_batches import PairBatches
from keras_elmo.data.datasets import PAIR, PAIR_REGRESSION, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.attention_flow import CrossAttention
from keras_elmo.layers.bilstm import BiLSTM
from keras_elmo.layers.pooling import SequencePooling
from keras_elmo.runtime.pairs import ReadsPairs, Texts, make_texts
from keras_elmo.tasks.encoder import TextEncoder
from keras_elmo.tasks.pairs.pair_encoder import EncodedPair, encode_pair
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph

    Base = ElmoTextClassifier
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only


class ElmoPairTask(ReadsPairs, Base):
    r"""Two texts, each through the same ELMo → BiLSTM → pooling; their comparison → a head.

    With the pooled texts $u$ and $v$, a dense layer reads $[u; v; |u - v|; u \circ v]$ (Conneau et
    al. 2017, §3.1). To be mixed with a task on one text, whose pooling and head it takes.

    Args:
        backbone: the ELMo.
        hidden_units: of the dense layer; with `cross_attention` also of the projection, and in each
            direction of the BiLSTM behind it.
        cross_attention: before the pooling each text attends to the other one, is projected and
            goes through one more BiLSTM (ESIM, Chen et al. 2017), which both share.
        kwargs: of that task.
    """

    batch_type = PairBatches

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        hidden_units: int = 128,
        cross_attention: bool = False,
        **kwargs: Any,
    ):
        self._hidden_units, self._cross_attention = hidden_units, cross_attention
        super().__init__(backbone, **kwargs)
        self.hidden_units = hidden_units
        self.cross_attention = cross_attention

    def build_graph(self, backbone: ElmoBackbone, encoder: TextEncoder) -> Any:
        pair, dropout = encode_pair(backbone, encoder), self.encoder.dropout
        u, v = self._vectors(pair, dropout)  # (batch, features) each
        x = ops.concatenate([u, v, ops.abs(u - v), u * v], axis=-1)
        x = keras.layers.Dropout(dropout, name="comparison_dropout")(x)
        x = keras.layers.Dense(self._hidden_units, "relu", name="comparison")(x)
        outputs = self.build_head(x, len(self.labels))
        return pair.inputs, pair.features, outputs

    def _vectors(self, pair: EncodedPair, dropout: float) -> tuple[Any, Any]:
        """One vector of each text."""
        text, other, mask, other_mask = pair.text, pair.other, pair.mask, pair.other_mask
        if self._cross_attention:
            units = self._hidden_units
            attention = CrossAttention(name="cross_attention")
            projection = keras.layers.Dense(units, "relu", name="attention_projection")
            drop = keras.layers.Dropout(dropout, name="attention_dropout")
            bilstm = BiLSTM(units, name="composition")
            told = attention(text, other, mask=mask, other_mask=other_mask)
            other_told = attention(other, text, mask=other_mask, other_mask=mask)
            text = bilstm(drop(projection(told)), mask=mask)
            other = bilstm(drop(projection(other_told)), mask=other_mask)
        pooling = SequencePooling(self._pooling, name="pooling")
        return pooling(text, mask=mask), pooling(other, mask=other_mask)

    def tokenize(self, x: Any) -> list[Texts]:
        """The tokens of both texts of each pair."""
        return make_texts(x, self._preprocessor)

    def texts_of(self, sentences: Sequence[Texts]) -> Iterable[list[str]]:
        return chain.from_iterable(sentences)

    # === Description ===

    @classmethod
    def for_dataset(cls, dataset: Dataset, backbone: ElmoBackbone, **arguments: Any) -> Self:
        """See `DescribedTask`; the comparison is as wide as the BiLSTM."""
        arguments["hidden_units"] = arguments.get("lstm_units", 128)
        return super().for_dataset(dataset, backbone, **arguments)

    def onnx_vector(self, graph: "TaskGraph") -> str:
        from keras_elmo.export.pairs import compared

        return compared(graph, self)

    def get_config(self) -> dict[str, Any]:
        names = ("hidden_units", "cross_attention")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoPairClassifier(ElmoPairTask, ElmoTextClassifier):
    """Two texts, each through the same ELMo → BiLSTM → pooling; their comparison → classes.

    `x` holds pairs of strings or token lists, `(text, other text)`; all else is as of
    [`ElmoTextClassifier`][keras_elmo.tasks.texts.text_classifier.ElmoTextClassifier]. How the two
    are compared: see [`ElmoPairTask`][keras_elmo.tasks.pairs.pair_task.ElmoPairTask].

    Example:
        ```python
        classifier = keras_elmo.ElmoPairClassifier.from_preset(
            "elmo_mini_en", labels=["contradiction", "entailment"]
        )
        pairs = [("A man sleeps.", "A man is awake."), ("A dog runs fast.", "A dog runs.")]
        classifier.fit(pairs, ["contradiction", "entailment"])
        classifier.predict_labels([("A cat sits.", "An animal sits.")])
        ```
    """

    kinds = (PAIR,)


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoPairRegressor(ElmoPairTask, ElmoTextRegressor):
    """Two texts, each through the same ELMo → BiLSTM → pooling; their comparison → a number.

    `x` holds pairs of strings or token lists, `(text, other text)`; all else is as of
    [`ElmoTextRegressor`][keras_elmo.tasks.texts.text_regressor.ElmoTextRegressor]. How the two are
    compared: see [`ElmoPairTask`][keras_elmo.tasks.pairs.pair_task.ElmoPairTask].

    Example:
        ```python
        regressor = keras_elmo.ElmoPairRegressor.from_preset("elmo_mini_en")
        pairs = [("A man sleeps.", "Someone sleeps."), ("A man sleeps.", "Prices rose.")]
        regressor.fit(pairs, [4.5, 0.2])
        regressor.predict([("A cat sits.", "An animal sits.")])  # float64 (1,)
        ```
    """

    kinds = (PAIR_REGRESSION,)
