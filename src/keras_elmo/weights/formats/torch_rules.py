"""Rules that PyTorch's ELMos share: AllenNLP's and ELMoForManyLangs's have the same parts.

Both keep gates along 4D as i, f, j, o, and the two gates of a highway in one matrix, the carry
negated behind the transform.
"""

import numpy as np

from keras_elmo.weights.table import Rule


def transposed(array: np.ndarray) -> np.ndarray:
    """Reverse the order of all axes."""
    return array.transpose()


def _negated(rows: np.ndarray) -> np.ndarray:
    return -rows


def _negated_transposed(rows: np.ndarray) -> np.ndarray:
    return -rows.T


def _other_gates(rows: np.ndarray) -> np.ndarray:
    """Gates along the first axis: i, f, j, o ↔ i, j, f, o."""
    first, second, third, fourth = np.split(rows, 4)
    return np.concatenate([first, third, second, fourth])


def _gates_last(rows: np.ndarray) -> np.ndarray:
    return _other_gates(rows).T


def _gates_first(kernel: np.ndarray) -> np.ndarray:
    return _other_gates(kernel.T)


def cnn_rules(convolution: str, highway: str) -> list[Rule]:
    """Rules of convolutions and highways, whose names begin so; `{i}` and `{k}` are numbers."""
    transform, carry = "char_cnn/highway_{k}/transform", "char_cnn/highway_{k}/carry"
    return [
        Rule(f"{convolution}.weight", "char_cnn/conv_{i}/kernel", transposed, transposed),
        Rule(f"{convolution}.bias", "char_cnn/conv_{i}/bias"),
        # One matrix a highway: the rows of the transform stand above those of the carry.
        Rule(f"{highway}.weight", f"{transform}/kernel", transposed, transposed),
        Rule(f"{highway}.weight", f"{carry}/kernel", _negated_transposed, _negated_transposed),
        Rule(f"{highway}.bias", f"{transform}/bias"),
        Rule(f"{highway}.bias", f"{carry}/bias", _negated, _negated),
    ]


def lstm_rules(prefix: str, direction: str) -> list[Rule]:
    """Rules of one direction's LSTMs with projections, whose names begin with `prefix`."""
    layer, path = f"{prefix}{direction}_layer_{{l}}", f"bilm/{direction}_{{l}}"
    recurrent, projection = f"{path}/recurrent_kernel", f"{path}/projection_kernel"
    return [
        Rule(f"{layer}.input_linearity.weight", f"{path}/kernel", _gates_last, _gates_first),
        Rule(f"{layer}.state_linearity.weight", recurrent, _gates_last, _gates_first),
        Rule(f"{layer}.state_linearity.bias", f"{path}/bias", _other_gates, _other_gates),
        Rule(f"{layer}.state_projection.weight", projection, transposed, transposed),
    ]


def bilstm_rules(prefix: str) -> list[Rule]:
    """Rules of a bidirectional `nn.LSTM` with names that begin with `prefix`; gates as here."""
    rules = []
    for direction, end in (("forward", ""), ("backward", "_reverse")):
        path = f"bilm/layer_{{l}}/{direction}"
        rules += [
            Rule(f"{prefix}weight_ih_l{{l}}{end}", f"{path}_kernel", transposed, transposed),
            Rule(
                f"{prefix}weight_hh_l{{l}}{end}", f"{path}_recurrent_kernel", transposed, transposed
            ),
            Rule(f"{prefix}bias_ih_l{{l}}{end}", f"{path}_bias"),
        ]
    return rules
