"""TF-Hub's `google/elmo` (1, 2 and 3) and DeepPavlov's modules: the variables of a saved graph.

Only their table is here: the variables are read with TensorFlow, by `tf_checkpoint`. A module holds
no options; everything but clips, activation and length of words follows from the shapes.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf import TOKEN_RULES
from keras_elmo.weights.formats.bilm_tf_checkpoint import lstm_cell_rules
from keras_elmo.weights.options import config_from_options, options_as_published
from keras_elmo.weights.shapes import DIRECTIONS, expected_shapes
from keras_elmo.weights.sources.published import PublishedElmo, ScalarMixWeights
from keras_elmo.weights.table import Rule, Source, Table, differences, listing

_CELL = "bilm/RNN_{number}/RNN/MultiRNNCell/Cell{{l}}/rnn/lstm_cell"
_MIX = r"(?:.*/)?aggregation/(weights|scaling)"


TABLE = Table(
    (
        # Unlike HDF5 weights, a module has the row of masked steps.
        Rule("bilm/char_embed", TOKEN_RULES[0].path),
        *(replace(rule, source=f"bilm/{rule.source}") for rule in TOKEN_RULES[1:]),
        *(
            rule
            for number, name in enumerate(DIRECTIONS)
            for rule in lstm_cell_rules(_CELL.format(number=number), name)
        ),
    ),
    # States that the graph carries have no names of their own.
    ignored=(r"Variable(_\d+)?", "global_step"),
)


def load_tf_hub(arrays: Mapping[str, Source], where: str) -> PublishedElmo:
    """Lay out the variables of a module as an ELMo, with the learned mix of its output `elmo`.

    Args:
        arrays: the variables by name.
        where: the module's name for error messages.

    Raises:
        WeightsError: a variable is missing, surplus or misshapen.
    """
    plain = {key.removeprefix("module/"): arrays[key] for key in arrays}
    if "bilm/char_embed" not in plain:
        raise WeightsError(
            f"{where}: must hold the variables of TF-Hub's ELMo. Received variables of something "
            f"else:{listing(list(arrays))}"
        )
    mix = {found[1]: plain.pop(key) for key in list(plain) if (found := re.fullmatch(_MIX, key))}
    useful = {key: plain[key] for key in TABLE.useful(plain)}
    shapes = {key: tuple(array.shape) for key, array in useful.items()}
    config = config_from_options(options_as_published(_hdf5_keys(shapes)), where)
    config["lstm_projection"] |= f"{_CELL.format(number=0).format(l=0)}/projection/kernel" in shapes
    layout = TABLE.layout(expected_shapes(config))
    problems = differences(layout.shapes, shapes)
    layers = config["num_layers"] + 1
    expected = {"weights": (layers,), "scaling": ()}
    problems += differences(expected, {key: tuple(array.shape) for key, array in mix.items()})
    if problems:
        raise WeightsError(
            f"{where}: must hold the variables of a module of TF-Hub's ELMo. Received:"
            f"{listing(problems)}\nDownload the module anew."
        )
    weights = tuple(float(weight) for weight in mix["weights"][:])
    return PublishedElmo(
        "module of TF-Hub",
        config,
        layout.load(useful, where),
        mixes=[ScalarMixWeights(float(mix["scaling"][...]), weights)],
        ignored=[key for key in plain if key not in useful],
    )


def _hdf5_keys(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that the same arrays have in HDF5 weights."""
    names = {"kernel": "W_0", "bias": "B", "projection/kernel": "W_P_0"}

    def renamed(found: re.Match[str]) -> str:
        return f"LSTMCell/{names.get(found[1], found[1])}"

    return {
        re.sub(r"rnn/lstm_cell/(.+)", renamed, key.removeprefix("bilm/")): shape
        for key, shape in shapes.items()
    }
