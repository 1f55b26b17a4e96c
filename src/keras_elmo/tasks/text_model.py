"""How a task reads what it is given: sentences, labels and weights, row by row."""

from collections.abc import Sequence
from typing import Any

from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.runtime.examples import Weights
from keras_elmo.tasks.feature_model import FeatureModel
from keras_elmo.tasks.gate import read_weights
from keras_elmo.tasks.text_data import gives_batches, gives_texts, is_generator, read_data
from keras_elmo.text.rows import as_rows
from keras_elmo.text.tokenizers import Tokenizer


class TextModel(FeatureModel):
    """A model that reads texts in any container.

    Attributes:
        weighs_tokens: whether a sample weight may be one of each token.
    """

    weighs_tokens = False
    preprocessor: ElmoPreprocessor | None = None

    def read_sentences(self, x: Any) -> list[Any]:
        """Sentences in any container or data set as what batches are made of."""
        return self.tokenize(read_data(x)[0] if gives_texts(x) else x)

    def read_texts(self, x: Any) -> tuple[list[Any], list[Any]]:
        """Sentences as they were given, a list of them, and what batches are made of."""
        texts = (
            [x] if isinstance(x, str) else as_rows(read_data(x)[0] if gives_texts(x) else x, "x")
        )
        return texts, self.tokenize(texts)

    def tokenize(self, x: Any) -> list[Any]:
        """What batches are made of: token lists, unless a task says otherwise."""
        return self._preprocessor.tokenize(x)

    def read_labelled(self, x: Any) -> tuple[Any, Any, Any]:
        """Sentences, labels and weights of what brings them all; None for what it does not."""
        return read_data(x) if gives_texts(x) or is_generator(x) else (x, None, None)

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        """A label of each sentence, in the form that `target_function` takes.

        Args:
            y: the labels as they were given.
            sentences: what `tokenize` made of `x`.
        """
        return as_rows(y, "y")

    def read_weights(self, given: Any, sentences: Sequence[Any]) -> Weights | dict[str, Weights]:
        """The weight of each sentence, or of each of its tokens."""
        return read_weights(given, sentences, by_token=self.weighs_tokens)

    @property
    def tokenizer(self) -> Tokenizer:
        """What splits strings into tokens."""
        return self._preprocessor.tokenizer

    @property
    def _preprocessor(self) -> ElmoPreprocessor:
        if self.preprocessor is None:
            raise ValueError("This model has no preprocessor: give it arrays, or set one.")
        return self.preprocessor

    def _takes_sentences(self, x: Any) -> bool:
        return self.preprocessor is not None and not gives_batches(x)
