"""Options with a fixed set of values, for help and completion; the rooms above take the strings."""

from enum import StrEnum


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    CONLL = "conll"
    PARQUET = "parquet"
    TXT = "txt"


class PredictionFormat(StrEnum):
    """How predictions are written."""

    JSONL = "jsonl"
    CONLL = "conll"
    CONLLU = "conllu"


class FineTune(StrEnum):
    """How ELMo is trained with a task: the recipes' names."""

    FROZEN = "frozen"
    SLIGHT = "slight"
    FULL = "full"


class Unfreezing(StrEnum):
    """When which layers train."""

    FROZEN = "frozen"
    ALL = "all"
    GRADUAL = "gradual"
    HEAD_FIRST = "head_first"
    CHAIN_THAW = "chain_thaw"


class Schedule(StrEnum):
    """How learning rates change over a training."""

    CONSTANT = "constant"
    SLANTED_TRIANGULAR = "slanted_triangular"
    WARMUP_COSINE = "warmup_cosine"


class Pooling(StrEnum):
    """How a sentence becomes one vector."""

    LAST = "last"
    MAX = "max"
    MEAN = "mean"
    ATTENTION = "attention"


class Unit(StrEnum):
    """What a source or a target is a sequence of."""

    WORDS = "words"
    CHARACTERS = "characters"


class AttentionKind(StrEnum):
    """How a decoder looks at its source."""

    LUONG = "luong"
    BAHDANAU = "bahdanau"


class Scheme(StrEnum):
    """How tags mark spans."""

    BIO = "BIO"
    BIOES = "BIOES"
    IOB1 = "IOB1"
    BILOU = "BILOU"


class Tokenizer(StrEnum):
    """How a text becomes words."""

    WORDS = "words"
    WHITESPACE = "whitespace"


class ClassWeight(StrEnum):
    """How rare classes are weighted."""

    BALANCED = "balanced"


class Optimizer(StrEnum):
    """How a pre-training steps."""

    ADAMW = "adamw"
    ADAGRAD = "adagrad"


class Softmax(StrEnum):
    """How a pre-training predicts one word of many."""

    SAMPLED = "sampled"
    ADAPTIVE = "adaptive"


class Precision(StrEnum):
    """Of the operands of matrix products."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class ElmoFormat(StrEnum):
    """What an ELMo is converted to."""

    PRESET = "preset"
    BILM_HDF5 = "bilm-hdf5"
    SAFETENSORS = "safetensors"
    ONNX = "onnx"


class FeatureFormat(StrEnum):
    """How features are written."""

    HDF5 = "hdf5"
    NPZ = "npz"
    NPY = "npy"
    PARQUET = "parquet"
    SAFETENSORS = "safetensors"


class SentencePooling(StrEnum):
    """How the features of a sentence become one vector, without anything learned."""

    NONE = "none"
    MEAN = "mean"
    MAX = "max"


class NumberType(StrEnum):
    """Of written features."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"


class Engine(StrEnum):
    """What computes features."""

    AUTO = "auto"
    KERAS = "keras"
    ONNX = "onnx"


class EnginePrecision(StrEnum):
    """Of the weights and products of an engine."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"
