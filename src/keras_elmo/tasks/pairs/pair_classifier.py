"""One label (or several) for two texts: entailment, paraphrase, stance, relevance."""

import keras

from keras_elmo.tasks.pairs.pair_task import ElmoPairTask
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoPairClassifier(ElmoPairTask, ElmoTextClassifier):
    """Two texts, each through the same ELMo → BiLSTM → pooling; their comparison → classes.

    `x` holds pairs of strings or token lists, `(text, other text)`; all else is as of
    [`ElmoTextClassifier`][keras_elmo.tasks.texts.text_classifier.ElmoTextClassifier]. How the two
    are compared: see [`ElmoPairTask`][keras_elmo.tasks.pairs.pair_task.ElmoPairTask].

    Example:
        ```python
        classifier = keras_elmo.ElmoPairClassifier.from_preset(
            "elmo_mini_en", labels=["contradiction", "entailment"]
        )
        pairs = [("A man sleeps.", "A man is awake."), ("A dog runs fast.", "A dog runs.")]
        classifier.fit(pairs, ["contradiction", "entailment"])
        classifier.predict_labels([("A cat sits.", "An animal sits.")])
        ```
    """
