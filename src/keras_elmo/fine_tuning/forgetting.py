"""What an ELMo forgets while it is fine-tuned: measured after every epoch, and bounded."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.sentence_score import summarise
from keras_elmo.elmo.variables import arrays_by_path, assign_variables
from keras_elmo.elmo.word_prediction import ElmoWordPredictor
from keras_elmo.metrics.drift import linear_cka, mean_cosine
from keras_elmo.text.sentence_encoder import Sentences

PROBE = Path(__file__).with_name("probe.txt")
ACTIONS = ("stop", "pull_back")
_HALVINGS = 10


class ForgettingMonitor(keras.callbacks.Callback):
    """Measures how far an ELMo has moved from what it was, and may keep it from moving further.

    After each epoch the logs, and with them the history, get `cka_0` … and `cosine_0` …: linear CKA
    and mean cosine between each layer's vectors of a probe text now and when the monitor was made;
    and, with a language model, `perplexity` of a held-out text under the ELMo as it is now.

    Args:
        backbone: the ELMo that trains.
        preprocessor: the preprocessor of that ELMo.
        probe: sentences; by default 48 English ones, everyday and dry.
        language_model: the preset or checkpoint whose language model the ELMo comes from.
        text: held-out sentences for the perplexity; by default the probe.
        max_perplexity_increase: bound on the perplexity, as a share of what it was: 0.05 allows 5 %
            more.
        min_cka: bound on the CKA of every layer.
        action: what happens when a bound is passed: `"stop"` ends the training; `"pull_back"`
            moves ELMo half the way back to what it was, until the bound holds, and goes on.

    Attributes:
        before: the measures when it was made.
        now: the last ones.

    Raises:
        ValueError: a bound on the perplexity without a language model; an unknown action.

    Example:
        >>> monitor = ForgettingMonitor(task.backbone, task.preprocessor, "elmo_mini_en",
        ...                             max_perplexity_increase=0.05, action="pull_back")
        >>> task.fit(texts, labels, recipe="slight", callbacks=[monitor])
    """

    def __init__(
        self,
        backbone: ElmoBackbone,
        preprocessor: ElmoPreprocessor,
        language_model: str | PathLike[str] | None = None,
        *,
        probe: Sentences | None = None,
        text: Sentences | None = None,
        max_perplexity_increase: float | None = None,
        min_cka: float | None = None,
        action: str = "stop",
    ):
        super().__init__()
        if max_perplexity_increase is not None and language_model is None:
            raise ValueError(
                "`max_perplexity_increase` needs the language model that the ELMo comes from. "
                "Received: language_model=None. Give the preset's name, or bound `min_cka`."
            )
        if action not in ACTIONS:
            names = " or ".join(map(repr, ACTIONS))
            raise ValueError(f"`action` must be {names}. Received: {action!r}")
        # Spaces are between the probe's words, whatever the ELMo's own preprocessor would do.
        default = [line.split(" ") for line in PROBE.read_text(encoding="utf-8").splitlines()]
        sentences = preprocessor.tokenize(default if probe is None else probe)
        self._backbone, self._batch = backbone, preprocessor.elmo_arrays(sentences)
        self._text = preprocessor.tokenize(sentences if text is None else text)
        self._predictor: ElmoWordPredictor | None = None
        if language_model is not None:
            model = ElmoLanguageModel.from_preset(language_model)
            # Its own ELMo is given the weights of the one that trains before it is asked.
            self._copy = model.backbone
            self._predictor = ElmoWordPredictor(model, model.vocabulary, preprocessor)
        self._max_increase, self._min_cka, self._action = max_perplexity_increase, min_cka, action
        self._weights = arrays_by_path(backbone)
        self._features = self._vectors()
        self.now = self.before = self.measure()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Measure; where a bound is passed, do what is to be done then."""
        self.now = self.measure()
        if self._is_past_a_bound() and self._action == "stop":
            self.model.stop_training = True
        if self._action == "pull_back":
            for _ in range(_HALVINGS):
                if not self._is_past_a_bound():
                    break
                self._half_back()
                self.now = self.measure()
        if logs is not None:
            logs |= self.now

    def measure(self) -> dict[str, float]:
        """Drift and perplexity as they are now."""
        pairs = list(zip(self._features, self._vectors(), strict=True))
        found = {f"cka_{layer}": linear_cka(*pair) for layer, pair in enumerate(pairs)}
        found |= {f"cosine_{layer}": mean_cosine(*pair) for layer, pair in enumerate(pairs)}
        if self._predictor:
            assign_variables(self._copy, arrays_by_path(self._backbone))
            found["perplexity"] = summarise(self._predictor.score(self._text))["perplexity"]
        return found

    def _vectors(self) -> Sequence[np.ndarray]:
        """Each layer's vectors of all tokens of the probe: float `(tokens, 2P)`."""
        features = self._backbone.predict_on_batch(self._batch)
        real = np.asarray(features)[self._batch["padding_mask"]]
        return [real[:, layer].copy() for layer in range(real.shape[1])]

    def _is_past_a_bound(self) -> bool:
        if self._max_increase is not None:
            allowed = (1.0 + self._max_increase) * self.before["perplexity"]
            if not self.now["perplexity"] <= allowed:
                return True
        ckas = [value for name, value in self.now.items() if name.startswith("cka_")]
        return self._min_cka is not None and not min(ckas) >= self._min_cka

    def _half_back(self) -> None:
        now = arrays_by_path(self._backbone)
        middle = {path: 0.5 * (now[path] + self._weights[path]) for path in now}
        assign_variables(self._backbone, middle)
