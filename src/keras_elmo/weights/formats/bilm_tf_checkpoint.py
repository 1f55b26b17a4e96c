"""Training checkpoints of bilm-tf: what its HDF5 weights hold, and the softmax over the words.

Only their tables are here: the files themselves are read with TensorFlow, by the room below.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf import TOKEN_RULES
from keras_elmo.weights.options import config_from_options, read_options
from keras_elmo.weights.shapes import DIRECTIONS, expected_shapes
from keras_elmo.weights.sources.presets import CONFIG_FILE
from keras_elmo.weights.table import Rule, Source, Table, differences, listing

SOFTMAX_KERNEL, SOFTMAX_BIAS = "softmax/kernel", "softmax/bias"
OPTIONS_FILE = "options.json"
ONE_LAYER = re.compile(r"^(lm/RNN_[01]/rnn)/(lstm_cell/)")  # the second spelling


_CELL = "lm/RNN_{number}/rnn/multi_rnn_cell/cell_{{l}}/lstm_cell"


def lstm_cell_rules(cell: str, direction: str) -> list[Rule]:
    """Rules of one direction's cells, whose variables TensorFlow names `cell`/…."""
    path = f"bilm/{direction}_{{l}}"
    return [
        Rule(f"{cell}/kernel", f"{path}/kernel"),  # the rows for x stand above
        Rule(f"{cell}/kernel", f"{path}/recurrent_kernel"),  # the rows for h
        Rule(f"{cell}/bias", f"{path}/bias"),
        Rule(f"{cell}/projection/kernel", f"{path}/projection_kernel"),
    ]


TABLE = Table(
    (
        *(replace(rule, source=f"lm/{rule.source}") for rule in TOKEN_RULES),
        *(
            rule
            for number, name in enumerate(DIRECTIONS)
            for rule in lstm_cell_rules(_CELL.format(number=number), name)
        ),
        Rule("lm/softmax/W", SOFTMAX_KERNEL),
        Rule("lm/softmax/b", SOFTMAX_BIAS),
    ),
    # The state of the training: its optimizer's slots and counters.
    ignored=(r".+/(Adagrad|Adam|Adam_1)", r"beta[12]_power", "global_step", "train_perplexity"),
)


def load_bilm_tf_checkpoint(
    arrays: Mapping[str, Source],
    options_path: str | PathLike[str],
    where: str,
    *,
    softmax: bool = True,
) -> tuple[dict[str, Any], Mapping[str, np.ndarray]]:
    """Lay out the arrays of a training checkpoint as a language model.

    Args:
        arrays: the checkpoint's names → arrays, of one or more layers, character or word input.
        options_path: the `options.json` that the training wrote. Without `char_cnn` in it, the
            model takes words.
        where: the checkpoint's name for error messages.
        softmax: False leaves the softmax out: the ELMo alone.

    Returns:
        As `load_bilm_tf`, with `softmax/kernel` (V, P) and `softmax/bias` (V,) among the variables.

    Raises:
        FileNotFoundError: there are no options.
        WeightsError: an option is impossible; an array is missing, surplus or misshapen.
    """
    stated = read_options(Path(options_path))
    config = config_from_options(stated, where=str(options_path))
    arrays = {  # of a one-layer model under the names of a first layer among several
        ONE_LAYER.sub(r"\1/multi_rnn_cell/cell_0/\2", key): arrays[key]
        for key in TABLE.useful(arrays)
    }
    if "lm/softmax/b" not in arrays:
        raise WeightsError(
            f"{where}: must be a checkpoint of bilm-tf's training, with lm/softmax/b (V,) in it. "
            f"Received: {listing(sorted(arrays)) or 'nothing'}"
        )
    (size,) = arrays["lm/softmax/b"].shape
    if stated.get("char_cnn") is None:
        config["vocabulary_size"] = size
        if stated.get("share_embedding_softmax") and "lm/embedding" in arrays:
            arrays.setdefault("lm/softmax/W", arrays["lm/embedding"])
    # Only the weights can tell whether D = P means no projection or a square one.
    projection = "lm/RNN_0/rnn/multi_rnn_cell/cell_0/lstm_cell/projection/kernel"
    config["lstm_projection"] |= projection in arrays
    whole = {SOFTMAX_KERNEL: (size, config["projection_dim"]), SOFTMAX_BIAS: (size,)}
    layout = TABLE.layout(expected_shapes(config) | whole)
    received = {key: tuple(array.shape) for key, array in arrays.items()}
    if problems := differences(layout.shapes, received):
        raise WeightsError(
            f"{where}: must hold exactly the model that {options_path} describes. Received:"
            f"{listing(problems)}\nUse the options file of the same training."
        )
    if not softmax:
        layout = TABLE.layout(expected_shapes(config))
    return config, layout.load(arrays, where)


def checkpoint_prefix(path: str | PathLike[str]) -> Path | None:
    """The checkpoint that a path means, as the common beginning of its files' names.

    Args:
        path: such a prefix (`folder/model.ckpt-100`), or a folder; of a folder's checkpoints the
            one that its file `checkpoint` names, wherever the folder stood when that was written.

    Returns:
        None where there is no checkpoint, or a preset.

    Raises:
        ValueError: a folder has several and does not say which is the last.
    """
    path = Path(path)
    if Path(f"{path}.index").is_file():
        return path
    if not path.is_dir() or (path / CONFIG_FILE).is_file():
        return None
    if (path / "checkpoint").is_file():
        text = (path / "checkpoint").read_text(encoding="utf-8", errors="replace")
        if last := re.search(r'^model_checkpoint_path: "(?:.*[/\\])?(.+)"', text, re.MULTILINE):
            return path / last[1]
    found = sorted(file.with_suffix("") for file in path.glob("*.index"))
    if len(found) > 1:
        raise ValueError(
            f"{path} must hold one checkpoint, or a file `checkpoint` that names the last. "
            f"Received: {', '.join(prefix.name for prefix in found)}. Give one of them, such as "
            f"{found[-1]}"
        )
    return found[0] if found else None
