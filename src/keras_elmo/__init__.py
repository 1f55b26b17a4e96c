"""ELMo in native Keras 3, and everything needed to fine-tune it with a BiLSTM.

`import keras_elmo` imports neither Keras nor a backend: each public name is loaded on first use.

Example:
    >>> import keras_elmo
    >>> classifier = keras_elmo.ElmoTextClassifier.from_preset("elmo_mini_en", num_classes=2)
    >>> classifier.fit(["a joy to watch", "two hours I will never get back"], [1, 0])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from keras_elmo._version import __version__

if TYPE_CHECKING:  # for editors and type checkers, which do not run `__getattr__`
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.embedding import ElmoEmbedding
    from keras_elmo.elmo.language_model import ElmoLanguageModel
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor
    from keras_elmo.elmo.sentence_score import SentenceScore
    from keras_elmo.elmo.word_prediction import ElmoWordPredictor
    from keras_elmo.elmo.word_vectors import load_word_vectors
    from keras_elmo.embedding.embedder import ElmoEmbedder
    from keras_elmo.fine_tuning.forgetting import ForgettingMonitor
    from keras_elmo.fine_tuning.learning_rates import discriminative_learning_rates, parameter_table
    from keras_elmo.fine_tuning.recipes import Recipe
    from keras_elmo.layers.bilm import BiLM
    from keras_elmo.layers.bilstm import BiLSTM
    from keras_elmo.layers.char_cnn import CharacterCNN
    from keras_elmo.layers.crf import CRF
    from keras_elmo.layers.layer_mix import LayerMix
    from keras_elmo.layers.pooling import SequencePooling
    from keras_elmo.layers.projection_lstm import ProjectionLSTM
    from keras_elmo.layers.scalar_mix import ScalarMix
    from keras_elmo.runtime.exported import load_exported
    from keras_elmo.search.tuning import tune
    from keras_elmo.tasks.pairs.pair_task import ElmoPairClassifier, ElmoPairRegressor
    from keras_elmo.tasks.questions.question_answerer import ElmoQuestionAnswerer
    from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
    from keras_elmo.tasks.tagging.joint_tagger import ElmoJointTagger
    from keras_elmo.tasks.tagging.token_classifier import ElmoTokenClassifier
    from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
    from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor
    from keras_elmo.weights.detection import load_elmo
    from keras_elmo.weights.sources.presets import list_presets

__all__ = [
    "CRF",
    "BiLM",
    "BiLSTM",
    "CharacterCNN",
    "ElmoBackbone",
    "ElmoEmbedder",
    "ElmoEmbedding",
    "ElmoJointTagger",
    "ElmoLanguageModel",
    "ElmoPairClassifier",
    "ElmoPairRegressor",
    "ElmoPreprocessor",
    "ElmoQuestionAnswerer",
    "ElmoSeq2Seq",
    "ElmoTextClassifier",
    "ElmoTextRegressor",
    "ElmoTokenClassifier",
    "ElmoWordPredictor",
    "ForgettingMonitor",
    "LayerMix",
    "ProjectionLSTM",
    "Recipe",
    "ScalarMix",
    "SentenceScore",
    "SequencePooling",
    "__version__",
    "discriminative_learning_rates",
    "list_presets",
    "load_elmo",
    "load_exported",
    "load_word_vectors",
    "parameter_table",
    "tune",
]

# Public name → the module of this package that defines it.
_MODULES = {
    "CRF": "layers.crf",
    "BiLM": "layers.bilm",
    "BiLSTM": "layers.bilstm",
    "CharacterCNN": "layers.char_cnn",
    "ElmoBackbone": "elmo.backbone",
    "ElmoEmbedder": "embedding.embedder",
    "ElmoEmbedding": "elmo.embedding",
    "ElmoJointTagger": "tasks.tagging.joint_tagger",
    "ElmoLanguageModel": "elmo.language_model",
    "ElmoPairClassifier": "tasks.pairs.pair_task",
    "ElmoPairRegressor": "tasks.pairs.pair_task",
    "ElmoPreprocessor": "elmo.preprocessor",
    "ElmoSeq2Seq": "tasks.sequences.seq_2_seq",
    "ElmoQuestionAnswerer": "tasks.questions.question_answerer",
    "ElmoTextClassifier": "tasks.texts.text_classifier",
    "ElmoTextRegressor": "tasks.texts.text_regressor",
    "ElmoTokenClassifier": "tasks.tagging.token_classifier",
    "ElmoWordPredictor": "elmo.word_prediction",
    "ForgettingMonitor": "fine_tuning.forgetting",
    "LayerMix": "layers.layer_mix",
    "ProjectionLSTM": "layers.projection_lstm",
    "Recipe": "fine_tuning.recipes",
    "ScalarMix": "layers.scalar_mix",
    "SentenceScore": "elmo.sentence_score",
    "SequencePooling": "layers.pooling",
    "list_presets": "weights.sources.presets",
    "load_elmo": "weights.detection",
    "load_exported": "runtime.exported",
    "load_word_vectors": "elmo.word_vectors",
    "discriminative_learning_rates": "fine_tuning.learning_rates",
    "parameter_table": "fine_tuning.learning_rates",
    "tune": "search.tuning",
}
# Rooms that run on NumPy alone: their names work where no backend is installed.
_NUMPY_ONLY = ("text.", "metrics.", "runtime.", "weights.", "embedding.")


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULES[name]
    if not module.startswith(_NUMPY_ONLY):
        from keras_elmo._backend import ensure_backend

        ensure_backend()
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value  # the next use does not come through here again
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *_MODULES})
