"""Attention of a decoder to a sequence, with the scores of Luong or of Bahdanau."""

from typing import Any, NamedTuple, get_args

import keras
from keras import ops

from keras_elmo import _values
from keras_elmo._values import check_one_of
from keras_elmo.layers.configured import ConfiguredLayer
from keras_elmo.layers.masking import masked_softmax, widened

ATTENTIONS = get_args(_values.Attention)


class Attended(NamedTuple):
    """A sequence made ready to be looked at in many steps.

    Attributes:
        keys: float `(batch, source, units)`.
        real: float `(batch, source)`, 1 at real steps and 0 at padding.
    """

    keys: Any
    real: Any


@keras.saving.register_keras_serializable("keras_elmo")
class Attention(ConfiguredLayer):
    r"""Weights over the steps $m_s$ of a sequence for a query $h$.

    $$ \alpha_s = \mathrm{softmax}_s(e_s) \qquad e_s = h^\top W m_s
       \quad\text{or}\quad e_s = v^\top \tanh(U h + W m_s) $$

    The first is `"luong"` (Luong et al. 2015, "general"), one product a step. The second is
    `"bahdanau"` (Bahdanau et al. 2015), a small network, which costs more. $W m_s$ is computed
    once for all queries. All is float32, whatever the dtype policy.

    Args:
        units: size of the query, and of `bahdanau`'s hidden layer.
        attention: which of the two.
    """

    def __init__(self, units: int, attention: str = "luong", **kwargs):
        super().__init__(**kwargs)
        check_one_of("attention", attention, ATTENTIONS)
        self.units = units
        self.attention = attention

    def build(self, memory_shape):
        features, units = memory_shape[-1], self.units

        def weight(name: str, *shape: int):
            return self.add_weight(shape=shape, name=name, autocast=False)

        self.kernel = weight("kernel", features, units)
        if self.attention == "bahdanau":
            self.query_kernel = weight("query_kernel", units, units)
            self.scale = weight("scale", units, 1)

    def call(self, memory, mask=None):
        """Compute what all queries share.

        Args:
            memory: float `(batch, source, features)`.
            mask: bool `(batch, source)`, True at real steps; None for all.
        """
        memory = widened(memory)
        real = ops.ones_like(memory[:, :, 0])
        if mask is not None:
            real = ops.cast(mask, real.dtype)
        return Attended(ops.matmul(memory, self.kernel), real)

    def weights_of(self, query, attended):
        """Weights that add up to 1, or are all 0 where no step is real.

        Args:
            query: float `(batch, units)`.
            attended: what `call` returned.

        Returns:
            float32 `(batch, source)`.
        """
        (keys, real), query = attended, widened(query)
        if self.attention == "luong":
            scores = ops.matmul(keys, query[:, :, None])  # (batch, source, 1)
        else:
            hidden = ops.tanh(keys + ops.matmul(query, self.query_kernel)[:, None])
            scores = ops.matmul(hidden, self.scale)
        return masked_softmax(scores[:, :, 0], real > 0.0)

    def compute_mask(self, memory, previous_mask=None):
        return None
