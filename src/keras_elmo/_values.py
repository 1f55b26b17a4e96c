"""Values that an argument may take, where they are a few names, and numbers of several rooms.

As types: help, completion and checks of the command line are made of them. Imports nothing of ours.
"""

from collections.abc import Collection
from typing import Any, Literal

SEED = 13  # of a training, wherever it begins
# Ids of characters as the network has them: 0 masks a time step, 1 to 256 are bytes, then the
# begin and the end of sentence and word, and padding.
NUM_CHARACTERS = 262

# === Data ===
Format = Literal["csv", "tsv", "jsonl", "conll", "conllu", "parquet", "fasttext", "brat", "txt"]
PredictionFormat = Literal["jsonl", "conll", "conllu", "doccano", "label-studio", "brat"]
Align = Literal["error", "expand", "contract"]  # of spans that end inside of tokens
Offsets = Literal["characters", "utf-16"]  # what the places of spans count
Tokenizer = Literal["words", "whitespace"]
Scheme = Literal["IOB1", "BIO", "BIOES", "BILOU"]
# How files write spans: only read, never trained in. "none" are plain classes.
FileScheme = Literal[Scheme, "IO", "BMES", "BMEWO", "brackets", "none"]

# === Models ===
Mix = Literal["concat", "mean", "top", "scalar"]  # of ELMo's layers, beside the number of one
Pooling = Literal["last", "max", "mean", "attention"]
Unit = Literal["words", "characters"]  # of a source or a target
Attention = Literal["luong", "bahdanau"]

# === Training ===
RecipeName = Literal["frozen", "slight", "full"]
Unfreezing = Literal["frozen", "all", "head_first", "gradual", "chain_thaw"]
Schedule = Literal["constant", "slanted_triangular", "warmup_cosine"]
ClassWeight = Literal["balanced"]

# === Pre-training ===
Optimizer = Literal["adamw", "adagrad"]
Softmax = Literal["sampled", "adaptive"]
Precision = Literal["auto", "float32", "bfloat16"]

# === Features and files of weights ===
ElmoFormat = Literal["preset", "bilm-hdf5", "safetensors", "onnx"]
FeatureFormat = Literal["hdf5", "npz", "npy", "parquet", "safetensors"]
FeaturePooling = Literal["none", "mean", "max"]
NumberType = Literal["float32", "float16"]
Engine = Literal["auto", "keras", "onnx"]
EnginePrecision = Literal["float32", "bfloat16", "int8"]

# === Exported models ===
ExportFormat = Literal["onnx", "saved-model"]
ExportPrecision = Literal["float32", "int8"]


def check_one_of(name: str, value: Any, allowed: Collection[Any]) -> None:
    """Raise ValueError for an argument that is none of the values that are allowed."""
    if value not in allowed:
        names = ", ".join(map(repr, allowed))
        raise ValueError(f"`{name}` must be one of {names}. Received: {value!r}")
