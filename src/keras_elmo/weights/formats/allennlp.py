"""AllenNLP: the ELMo inside `weights.th`, `best.th` or `model.tar.gz`, where fine-tuned ones live.

AllenNLP has 1 added to the biases of the forget gates already.
"""

import re
from collections.abc import Mapping
from typing import Any

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.torch_rules import cnn_rules, lstm_rules, transposed
from keras_elmo.weights.options import config_from_options
from keras_elmo.weights.shapes import DIRECTIONS, Shape, expected_shapes
from keras_elmo.weights.sources.published import PublishedElmo, ScalarMixWeights
from keras_elmo.weights.table import Rule, Source, Table, differences, listing

_CHARACTERS = "_token_embedder._char_embedding_weights"
_PROJECTION = "_token_embedder._projection"
_MIX = re.compile(r"scalar_mix_\d+\.(gamma|scalar_parameters\.\d+)")


TABLE = Table(
    (
        Rule(_CHARACTERS, "char_cnn/char_embedding/embeddings"),
        *cnn_rules("_token_embedder.char_conv_{i}", "_token_embedder._highways._layers.{k}"),
        Rule(f"{_PROJECTION}.weight", "char_cnn/projection/kernel", transposed, transposed),
        Rule(f"{_PROJECTION}.bias", "char_cnn/projection/bias"),
        *(rule for direction in DIRECTIONS for rule in lstm_rules("_elmo_lstm.", direction)),
    )
)


def load_allennlp(
    arrays: Mapping[str, Source], where: str, options: Mapping[str, Any] | None = None
) -> PublishedElmo:
    """Lay out the tensors of a model of AllenNLP's as an ELMo.

    Args:
        arrays: the tensors of its state dict by name.
        where: the file's name for error messages.
        options: the options file that the ELMo began with. Without it, what shapes do not tell is
            as published: clips at 3, relu, 50 characters.

    Raises:
        WeightsError: there is no ELMo, or more than one; a tensor is missing, surplus or misshapen.
    """
    found = [key for key in arrays if key.endswith(_CHARACTERS)]
    if len(found) != 1:
        raise WeightsError(
            f"{where}: must hold one ELMo of AllenNLP's, with a tensor …{_CHARACTERS}. Received: "
            f"{listing(found or list(arrays)) or 'no tensors'}"
        )
    prefix = found[0].removesuffix(_CHARACTERS)
    mine = {key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)}
    shapes = {key: tuple(array.shape) for key, array in mine.items()}
    config = _config(shapes, where, options)
    layout = TABLE.layout(expected_shapes(config))
    if problems := differences(layout.shapes, shapes):
        raise WeightsError(
            f"{where}: must hold an ELMo as AllenNLP builds it. Received:{listing(problems)}"
        )
    outer = prefix.removesuffix("_elmo_lstm.")
    mixes = {
        key.removeprefix(outer): arrays[key]
        for key in arrays
        if key.startswith(outer) and _MIX.fullmatch(key.removeprefix(outer))
    }
    rest = [
        key for key in arrays if not key.startswith(prefix) and key.removeprefix(outer) not in mixes
    ]
    learned = _mixes(mixes, config["num_layers"] + 1, where)
    return PublishedElmo(
        "model of AllenNLP", config, layout.load(mine, where), mixes=learned, ignored=rest
    )


def _config(
    shapes: Mapping[str, Shape], where: str, options: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What the shapes tell of an ELMo, and the rest from its options or as published."""

    def shape(key: str, rank: int) -> Shape:
        if len(shapes.get(key, ())) != rank:
            raise WeightsError(
                f"{where}: must hold {key} with {rank} axes. Received: "
                f"{shapes.get(key, 'no such tensor')}"
            )
        return shapes[key]

    def count(pattern: str) -> int:
        return len({found[1] for key in shapes if (found := re.match(pattern, key))})

    convolutions = count(r"_token_embedder\.char_conv_(\d+)\.")
    filters = [shape(f"_token_embedder.char_conv_{i}.weight", 3)[::-2] for i in range(convolutions)]
    projection_dim, units = shape("_elmo_lstm.forward_layer_0.state_projection.weight", 2)
    stated = {
        "lstm": {"cell_clip": 3, "proj_clip": 3, "use_skip_connections": True},
        "char_cnn": {"activation": "relu", "max_characters_per_token": 50},
    }
    for part in stated:
        stated[part] |= (options or {}).get(part) or {}
    stated["lstm"] |= {
        "dim": units,
        "projection_dim": projection_dim,
        "n_layers": count(r"_elmo_lstm\.forward_layer_(\d+)\."),
    }
    stated["char_cnn"] |= {
        "filters": [list(pair) for pair in filters],
        "n_highway": count(r"_token_embedder\._highways\._layers\.(\d+)\."),
        "embedding": {"dim": shape(_CHARACTERS, 2)[1]},
    }
    # AllenNLP always projects, and added 1 to the forget gates when it read the weights.
    return config_from_options(stated, where) | {"lstm_projection": True, "forget_bias": 0.0}


def _mixes(arrays: Mapping[str, Source], layers: int, where: str) -> list[ScalarMixWeights]:
    mixes = []
    for number in range(len({key.split(".")[0] for key in arrays})):
        prefix = f"scalar_mix_{number}."
        names = [f"{prefix}gamma", *(f"{prefix}scalar_parameters.{i}" for i in range(layers))]
        expected = dict.fromkeys(names, (1,))
        received = {key: tuple(arrays[key].shape) for key in arrays if key.startswith(prefix)}
        if problems := differences(expected, received):
            raise WeightsError(
                f"{where}: a mix must have γ and {layers} weights.{listing(problems)}"
            )
        gamma, *weights = (float(arrays[name][:][0]) for name in names)
        mixes.append(ScalarMixWeights(gamma, tuple(weights)))
    return mixes
