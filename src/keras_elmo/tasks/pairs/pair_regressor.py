"""A number for two texts: how similar they are, how relevant one is to the other."""

import keras

from keras_elmo.tasks.pairs.pair_task import ElmoPairTask
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoPairRegressor(ElmoPairTask, ElmoTextRegressor):
    """Two texts, each through the same ELMo → BiLSTM → pooling; their comparison → a number.

    `x` holds pairs of strings or token lists, `(text, other text)`; all else is as of
    [`ElmoTextRegressor`][keras_elmo.tasks.texts.text_regressor.ElmoTextRegressor]. How the two are
    compared: see [`ElmoPairTask`][keras_elmo.tasks.pairs.pair_task.ElmoPairTask].

    Example:
        ```python
        regressor = keras_elmo.ElmoPairRegressor.from_preset("elmo_mini_en")
        pairs = [("A man sleeps.", "Someone sleeps."), ("A man sleeps.", "Prices rose.")]
        regressor.fit(pairs, [4.5, 0.2])
        regressor.predict([("A cat sits.", "An animal sits.")])  # float64 (1,)
        ```
    """
