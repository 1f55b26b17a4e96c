"""Extractive question answering: the words of a passage that answer a question, or none."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np

from keras_elmo._values import SEED
from keras_elmo.batching.pair_batches import WindowBatches
from keras_elmo.data.datasets import QA, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.metrics.question_answering import answer_scores, best_threshold
from keras_elmo.runtime.answers import Scores
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.keywords import PREDICT, check_keywords, parameter_names
from keras_elmo.runtime.question_answering import ReadsAnswers
from keras_elmo.runtime.questions import (
    AnswerTokens,
    Pair,
    answer_texts,
    answer_tokens,
    labelled_rows,
    make_rows,
    rows_to_train,
    window_texts,
)
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.encoder import TextEncoder
from keras_elmo.tasks.gate import read_examples
from keras_elmo.tasks.pairs.pair_encoder import build_pair
from keras_elmo.tasks.questions.span_loss import BestSpanF1, SpanLoss, SpanMeasure
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.texts.window_scores import WindowScores
from keras_elmo.text.windows import windows

if TYPE_CHECKING:
    from keras_elmo.export.task_graph import TaskGraph

MAX_ANSWER_LENGTH = 17  # tokens: usual on SQuAD


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoQuestionAnswerer(ReadsAnswers, ElmoTask):
    """ELMo → BiLSTM → attention flow → self-attention → a span or no answer.

    `x` holds pairs of strings `(question, passage)`, `y` for each of them a list of
    answers, `(start, end)` in characters of the passage: any of them is right. An empty list says
    that the passage holds no answer. SQuAD's dicts are taken too: for `x` with `question` and
    `context`, for `y` with `text` and `answer_start`, for both together with `answers` beside; or
    all of a file, `fit(json.load(file))`. `predict` returns a
    [`Prediction`][keras_elmo.runtime.answers.Prediction] for each pair, and
    `predict_labels` the texts.

    A passage of any length is read in windows, which overlap.

    Args:
        backbone: the ELMo.
        lstm_units: units per direction of the BiLSTM that reads question and passage.
        modelling_units: units per direction of the BiLSTMs behind the attention.
        max_answer_length: tokens of an answer at most.
        window, window_step: tokens of a window, and from the start of one to that of the next.
        no_answer_threshold: there is no answer where its probability is above this.
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].

    Example:
        ```python
        answerer = keras_elmo.ElmoQuestionAnswerer.from_preset("elmo_mini_en")
        passage = "This agreement takes effect on 1 May 2020."
        answerer.fit(
            [("When does it begin?", passage), ("Who signs it?", passage)], [[(31, 41)], []]
        )
        answerer.predict([("When does it begin?", passage)])[0].answer
        ```
    """

    kinds = (QA,)
    head_rate = 2e-3
    has_classes = False
    _scores: WindowScores | None = None

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        lstm_units: int | Sequence[int] = 128,
        modelling_units: int = 128,
        max_answer_length: int = MAX_ANSWER_LENGTH,
        window: int = 400,
        window_step: int = 200,
        no_answer_threshold: float = 0.5,
        **kwargs: Any,
    ):
        if kwargs.get("labels") or kwargs.get("num_classes"):
            raise ValueError("answers have no classes. Received: labels or num_classes")
        windows(0, window, window_step)
        self._modelling_units = modelling_units
        self._max_answer_length = max_answer_length
        super().__init__(backbone, lstm_units=lstm_units, **kwargs)
        self.modelling_units = modelling_units
        self.max_answer_length = max_answer_length
        self.window = window
        self.window_step = window_step
        self.no_answer_threshold = no_answer_threshold

    def build_graph(self, backbone: ElmoBackbone, encoder: TextEncoder) -> Any:
        return build_pair(backbone, encoder, units=self._modelling_units)

    def default_loss(self) -> keras.losses.Loss:
        return SpanLoss()

    def default_metrics(self) -> list[Any]:
        longest = self._max_answer_length
        return [*(SpanMeasure(name, longest) for name in ("accuracy", "f1")), BestSpanF1(longest)]

    def count(self, x: Any, y: Any = None) -> dict[str, int]:
        """What `fit` makes of questions and answers, and what it leaves out.

        Returns:
            `questions` and `unanswerable` ones; `windows` of their passages; `answers_widened` to
            whole tokens; `windows_cut`, left out because answers cross their edge; and
            `answers_longer_than_windows`, of questions whose answer no window holds.
        """
        examples = read_examples(self, x, y)
        pairs, found = examples.x, _answer_tokens(examples)
        rows = make_rows(pairs, self.window, self.window_step)
        counts = rows_to_train(rows, [answer.spans for answer in found])[2]
        names = ("windows", "windows_cut", "answers_longer_than_windows")
        return {
            "questions": len(pairs),
            "unanswerable": sum(not answer.spans for answer in found),
            "answers_widened": sum(answer.widened for answer in found),
        } | {name: counts[name] for name in names}

    def read_labelled(self, x: Any) -> tuple[Any, Any, Any]:
        """Questions and answers, also of SQuAD's rows, which bring theirs."""
        x, y, weights = super().read_labelled(x)
        if y is None and x is not None:
            x, y = labelled_rows(x)
        return x, y, weights

    def make_batches(
        self,
        examples: Examples,
        *,
        batch_size: int = 32,
        class_weight: Any = None,
        shuffle: bool = False,
        seed: int = SEED,
    ) -> WindowBatches:
        """Questions and windows as the batches that `fit` and `evaluate` run on."""
        if class_weight is not None:
            raise ValueError(
                f"answers have no classes to weigh. Received: class_weight={class_weight!r}. "
                "Use `sample_weight`."
            )
        pairs, found = examples.x, _answer_tokens(examples)
        rows, spans, _ = rows_to_train(
            make_rows(pairs, self.window, self.window_step), [answer.spans for answer in found]
        )
        of_rows = np.array([examples.weights[row.pair] for row in rows], np.float32)
        targets = np.full((len(rows), max(map(len, spans)), 2), -1, np.int32)
        for target, own in zip(targets, spans, strict=True):
            target[: len(own)] = own
        return WindowBatches(
            window_texts(pairs, rows),
            self._preprocessor,
            self.input,
            targets=lambda chosen, length: (targets[chosen], of_rows[chosen]),
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )

    def predict(self, x: Any, *, batch_size: int = 32, n_best: int = 5, **kwargs: Any) -> Any:
        """A [`Prediction`][keras_elmo.runtime.answers.Prediction] for each pair, in order.

        Args:
            x: pairs (question, passage).
            batch_size: windows of a batch.
            n_best: number of spans that each shows.
            kwargs: of Keras's `predict`, where `x` is arrays or a `PyDataset`.
        """
        if not self._takes_sentences(x):
            return super().predict(x, batch_size=batch_size, **kwargs)
        check_keywords(
            kwargs, [*parameter_names(ElmoQuestionAnswerer.predict), *PREDICT], "predict"
        )
        return self.answers(x, batch_size=batch_size, n_best=n_best)

    def window_scores(self, pairs: Sequence[Pair], batch_size: int) -> list[Scores]:
        self._scores = self._scores or WindowScores(self)
        return self._scores(pairs, batch_size)

    def fit_threshold(self, x: Any, y: Any = None, *, batch_size: int = 32) -> float:
        """Set `no_answer_threshold` to what gives the highest F1 on these questions.

        Where all of them have an answer, it is 1: there always is one.

        Args:
            x, y: as of `fit`; better not those that it was trained on.
            batch_size: windows of a batch.

        Returns:
            The threshold.
        """
        examples = read_examples(self, x, y)
        pairs, y = examples.x, examples.y
        if all(len(spans) for spans in y):
            self.no_answer_threshold = 1.0
            return 1.0
        predictions = self.predict(pairs, batch_size=batch_size, n_best=1)
        found = [prediction.spans[0].text for prediction in predictions]
        f1 = answer_scores(answer_texts(pairs, y), found)[:, 1]
        shares = [prediction.no_answer_probability for prediction in predictions]
        self.no_answer_threshold, _ = best_threshold(f1, [len(spans) > 0 for spans in y], shares)
        return self.no_answer_threshold

    def texts_of(self, sentences: Sequence[Pair]) -> Iterable[list[str]]:
        return (text for pair in sentences for text in (pair.question, pair.passage))

    # === Description ===

    @classmethod
    def for_dataset(cls, dataset: Dataset, backbone: ElmoBackbone, **arguments: Any) -> Self:
        """See `DescribedTask`; one size serves all BiLSTMs.

        Answers may be as long as nearly all are in the data.
        """
        split = arguments["preprocessor"].tokenizer.spans
        answers = [
            passage[start:end]
            for (_, passage), spans in zip(dataset.texts, dataset.labels, strict=True)
            for start, end in spans
        ]
        lengths = [len(split(answer)) for answer in answers]
        longest = int(np.ceil(np.quantile(lengths, 0.99))) if lengths else 1
        own = {"max_answer_length": max(MAX_ANSWER_LENGTH, longest)}
        if "lstm_units" in arguments:
            own["modelling_units"] = arguments["lstm_units"]
        return super().for_dataset(dataset, backbone, **own | arguments)

    def data_facts(self, rows: Dataset, *, held_out: bool = False) -> dict[str, int]:
        facts = {} if held_out else self.count(rows.texts, rows.labels)
        return facts | super().data_facts(rows)

    def after_training(self, x: Any, y: Any) -> str:
        return f"no answer where its probability is above {self.fit_threshold(x, y):.4f}"

    @property
    def graph_outputs(self) -> dict[str, Output]:
        meaning = "scores of starts and ends: of no answer, then of each token"
        return {"spans": Output(meaning, ("texts", "1 + tokens", "start and end"))}

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        from keras_elmo.export.pairs import answered

        return {"spans": answered(graph, self)}

    def exported_settings(self) -> dict[str, Any]:
        names = "max_answer_length window window_step no_answer_threshold"
        return {name: getattr(self, name) for name in names.split()}

    def get_config(self) -> dict[str, Any]:
        names = "modelling_units max_answer_length window window_step no_answer_threshold"
        return super().get_config() | {name: getattr(self, name) for name in names.split()}


def _answer_tokens(examples: Examples) -> list[AnswerTokens]:
    pairs = zip(examples.x, examples.y, strict=True)
    return [answer_tokens(*pair, i) for i, pair in enumerate(pairs)]
