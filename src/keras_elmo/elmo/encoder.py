"""What reads the word vectors of a sentence, for each kind of encoder."""

from typing import Any

from keras_elmo.layers.bilm import BiLM
from keras_elmo.layers.stacked_bilstm import StackedBiLSTM


def build_encoder(
    kind: str, *, stateful: bool, bilm: dict[str, Any], **shared: Any
) -> BiLM | StackedBiLSTM:
    """The encoder of a backbone: see its arguments.

    Args:
        kind: `"bilm"` or `"bilstm"`.
        stateful: only a biLM can be.
        bilm: arguments that only a biLM has.
        shared: arguments of both.

    Raises:
        ValueError: no such kind, or a stateful one that cannot be.
    """
    name = "bilm"  # whichever it is: variables of both are found under it
    if kind == "bilm":
        return BiLM(stateful=stateful, name=name, **bilm, **shared)
    if kind == "bilstm" and not stateful:
        return StackedBiLSTM(name=name, **shared)
    raise ValueError(
        "`encoder` must be 'bilm', or 'bilstm', which cannot be stateful. Received: "
        f"encoder={kind!r}, stateful={stateful}"
    )
