"""The contract between weight files and the network: every variable's path and shape."""

from collections.abc import Iterator, Mapping
from typing import Any

from keras_elmo._values import NUM_CHARACTERS

Shape = tuple[int, ...]

DIRECTIONS = ("forward", "backward")


def expected_shapes(config: Mapping[str, Any]) -> dict[str, Shape]:
    """Return the shape of every variable of the backbone that `config` describes.

    With nF = total number of filters, P = `projection_dim` and D = `units`, the character CNN ends
    in a projection only where nF ≠ P, and an LSTM has a `projection_kernel` only where
    `lstm_projection` is true. A word-input model (`vocabulary_size` is not None) has a
    `word_embedding` in place of the character CNN, whose settings are not looked at; with a
    `word_dim` it has both. An `encoder` "bilstm" has weights of its own.

    Args:
        config: `ElmoBackbone`'s constructor arguments; other keys are ignored.

    Returns:
        Variable path, without the backbone's name, → shape, from the inputs to the top layer.

    Raises:
        ValueError: `lstm_projection` is false although D ≠ P.

    Example:
        >>> expected_shapes(config)["bilm/forward_0/kernel"]
        (512, 16384)
    """
    shapes = {}
    if config.get("vocabulary_size") is None or config.get("word_dim") is not None:
        shapes |= _character_cnn(config)
    if config.get("vocabulary_size") is not None:
        shapes |= _word_embedding(config)
    encoder = _bilstm if config.get("encoder") == "bilstm" else _bilm
    return {**shapes, **dict(encoder(config))}


def _character_cnn(config: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    embedding_dim, projection_dim = config["char_embedding_dim"], config["projection_dim"]
    rows = config.get("num_characters", NUM_CHARACTERS)
    yield "char_cnn/char_embedding/embeddings", (rows, embedding_dim)
    for i, (width, count) in enumerate(config["char_filters"]):
        yield f"char_cnn/conv_{i}/kernel", (width, embedding_dim, count)
        yield f"char_cnn/conv_{i}/bias", (count,)
    filters = sum(count for _, count in config["char_filters"])
    for k in range(config["num_highways"]):
        for gate in ("carry", "transform"):
            yield f"char_cnn/highway_{k}/{gate}/kernel", (filters, filters)
            yield f"char_cnn/highway_{k}/{gate}/bias", (filters,)
    if filters != projection_dim:
        yield "char_cnn/projection/kernel", (filters, projection_dim)
        yield "char_cnn/projection/bias", (projection_dim,)


def _word_embedding(config: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    rows = config["vocabulary_size"] + 1  # row 0 masks a time step
    word_dim = config.get("word_dim")
    yield "word_embedding/embeddings", (rows, word_dim or config["projection_dim"])
    if word_dim:
        yield "word_projection/kernel", (word_dim, config["projection_dim"])


def _bilm(config: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    units, projection_dim = config["units"], config["projection_dim"]
    projected = config.get("lstm_projection", True)
    if not projected and units != projection_dim:
        raise ValueError(
            "lstm_projection=False needs units equal to projection_dim. "
            f"Received: units={units}, projection_dim={projection_dim}. Set lstm_projection=True."
        )
    for direction in DIRECTIONS:
        for layer in range(config["num_layers"]):
            name = f"bilm/{direction}_{layer}"
            yield f"{name}/kernel", (projection_dim, 4 * units)
            yield f"{name}/recurrent_kernel", (projection_dim, 4 * units)
            yield f"{name}/bias", (4 * units,)
            if projected:
                yield f"{name}/projection_kernel", (units, projection_dim)


def _bilstm(config: Mapping[str, Any]) -> Iterator[tuple[str, Shape]]:
    units, projection_dim = config["units"], config["projection_dim"]
    for layer in range(config["num_layers"]):
        for direction in DIRECTIONS:
            name = f"bilm/layer_{layer}/{direction}"
            yield f"{name}_kernel", (2 * units if layer else projection_dim, 4 * units)
            yield f"{name}_recurrent_kernel", (units, 4 * units)
            yield f"{name}_bias", (4 * units,)
    yield "bilm/projection/kernel", (units, projection_dim)
    yield "bilm/projection/bias", (projection_dim,)
