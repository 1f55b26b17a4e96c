"""What a language model is good for by itself: likely words, likely sentences, new sentences."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from typing import Any, Self

import numpy as np

from keras_elmo.elmo.full_softmax import FullSoftmax, draw, log_softmax
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.sentence_score import SentenceScore
from keras_elmo.elmo.top_states import TopStates
from keras_elmo.text.vocabulary import BOS_ID, EOS_ID, EOS_TOKEN, MARKS, UNK_ID, Vocabulary
from keras_elmo.weights.formats.bilm_tf_checkpoint import checkpoint_prefix
from keras_elmo.weights.sources.location import locate

# Rows of the softmax: ids of a vocabulary count from 1.
_BOS, _EOS, _UNK = BOS_ID - 1, EOS_ID - 1, UNK_ID - 1

Words = str | Sequence[str]
Ranking = list[tuple[str, float]]


class ElmoWordPredictor:
    r"""Predicts words and scores sentences with both directions of ELMo's language model.

    $p(w_t \mid w_{<t})$ and $p(w_t \mid w_{>t})$ are the full softmax over the top layer's forward
    and backward states (Peters et al. 2018, §3.1). Each sentence starts from zero state; it gets
    the same numbers alone and among others.

    Args:
        model: the language model, of character or word input. Its softmax is copied as it is now:
            after more training make a new predictor.
        vocabulary: the words of its softmax.
        preprocessor: splits strings into words; the default splits on spaces. Token lists are
            taken as they are.

    Raises:
        ValueError: the vocabulary has another number of words than the softmax, or the backbone is
            stateful.

    Example:
        >>> predictor = ElmoWordPredictor.from_preset("my_elmo/preset")
        >>> predictor.next_words("The bank raised its interest", top=2)
        [('rate', 0.31), ('rates', 0.22)]
    """

    def __init__(
        self,
        model: ElmoLanguageModel,
        vocabulary: Vocabulary,
        preprocessor: ElmoPreprocessor | None = None,
    ):
        if len(vocabulary) != model.vocabulary_size:
            raise ValueError(
                f"`vocabulary` must have the {model.vocabulary_size:,} words of the model's "
                f"softmax. Received: {len(vocabulary):,} words"
            )
        backbone = model.backbone
        self.vocabulary = vocabulary
        self.preprocessor = preprocessor or ElmoPreprocessor(
            "whitespace",
            max_characters_per_token=backbone.config.max_characters_per_token,
            vocabulary=vocabulary.tokens if backbone.config.vocabulary_size is not None else None,
        )
        self._states = TopStates(backbone, self.preprocessor)
        self._softmax = FullSoftmax(model.softmax)

    @classmethod
    def from_preset(
        cls, preset: str | PathLike[str], *, vocabulary: str | PathLike[str] | None = None
    ) -> Self:
        """Load a preset with its language model, or a training checkpoint of bilm-tf.

        A checkpoint reads words split on spaces, a preset as its preprocessor says.

        Args and errors: see `ElmoLanguageModel.from_preset`.
        """
        model = ElmoLanguageModel.from_preset(preset, vocabulary=vocabulary)
        if checkpoint_prefix(locate(preset)) is not None:
            return cls(model, model.vocabulary)
        return cls(model, model.vocabulary, ElmoPreprocessor.from_preset(preset))

    def tokenize(self, words: Words) -> list[str]:
        """The words of a string; a token list stays as it is."""
        return self.preprocessor.tokenize([words])[0]

    def unknown(self, tokens: Sequence[str]) -> int:
        """How many of the words are outside the vocabulary."""
        return sum(token not in self.vocabulary for token in tokens)

    def next_words(self, prefix: Words, top: int = 10) -> Ranking:
        """The likeliest words after `prefix`, which may be empty: the forward direction.

        Args:
            prefix: a string or tokens.
            top: how many, from 1 to the size V of the vocabulary.

        Returns:
            Pairs of word and probability, falling. All V of them add up to 1, among them `</S>`
            (the sentence ends here), `<UNK>` (any word outside the vocabulary) and `<S>`.

        Raises:
            ValueError: `top` out of range.
        """
        return self._ranking(self._next(self.tokenize(prefix)), top, len(self.vocabulary))

    def previous_words(self, suffix: Words, top: int = 10) -> Ranking:
        """The likeliest words before `suffix`: as `next_words`, in the backward direction."""
        ((_, backward),) = self._states([self.tokenize(suffix)])
        log_probs = self._softmax.log_probs(backward[1])  # row 0 is <S>, which read all of it
        return self._ranking(log_probs, top, len(self.vocabulary))

    def substitutes(self, tokens: Words, position: int, top: int = 10) -> Ranking:
        r"""The likeliest words at one place of a sentence, whatever stands there now.

        A product of two experts, neither of which sees the word that stands there:
        $p(w) \propto p(w \mid w_{<t}) \, p(w \mid w_{>t})$ over the words of the vocabulary
        without its three marks. After Hinton (2002).

        Args:
            tokens: the sentence, a string or tokens.
            position: the place t, counted from 0.
            top: how many, from 1 to V - 3.

        Returns:
            Pairs of word and probability, falling. All V - 3 of them add up to 1.

        Raises:
            ValueError: `position` or `top` out of range.
        """
        tokens = self.tokenize(tokens)
        if not 0 <= position < len(tokens):
            raise ValueError(
                f"`position` must be from 0 to {len(tokens) - 1}, a place among the "
                f"{len(tokens)} tokens. Received: position={position}"
            )
        ((forward, backward),) = self._states([tokens])
        # Row `position` of the states is the word before, as row 0 is <S>.
        around = np.stack([forward[position], backward[position + 2]])  # (2, P)
        both = self._softmax.log_probs(around).sum(axis=0)  # (V,)
        both[: len(MARKS)] = -np.inf
        return self._ranking(log_softmax(both), top, len(both) - len(MARKS))

    def score(self, sentences: Sequence[Words]) -> list[SentenceScore]:
        """Log-probabilities of every word of every sentence, in the order of the sentences.

        Words outside the vocabulary count as `<UNK>`, see
        [`SentenceScore`][keras_elmo.elmo.sentence_score.SentenceScore].

        Args:
            sentences: strings or token lists.

        Raises:
            ValueError: one string instead of a list, or a sentence without words.
        """
        if isinstance(sentences, str):
            raise ValueError(
                f"`sentences` must be a list of sentences. Received: the string {sentences!r:.60}. "
                "Put it into a list."
            )
        return list(self.score_iter(sentences))

    def score_iter(self, sentences: Iterable[Words]) -> Iterator[SentenceScore]:
        """As `score`, one after another, holding only a window of sentences in memory."""
        read: deque[list[str]] = deque()

        def remembered() -> Iterator[list[str]]:
            for number, sentence in enumerate(sentences):
                if not (tokens := self.tokenize(sentence)):
                    raise ValueError(
                        f"a sentence must have words. Received: none in sentence {number}"
                    )
                read.append(tokens)
                yield tokens

        for forward, backward in self._states(remembered()):
            yield self._score(read.popleft(), forward, backward)

    def sample(
        self,
        prefix: Words = (),
        length: int = 20,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int | None = None,
    ) -> list[str]:
        r"""Draw the words after `prefix`, from left to right, until `</S>` or `length`.

        $p(w) \propto p(w \mid w_{<t})^{1 / \text{temperature}}$, without `<S>` and `<UNK>`. A
        seed gives the same words on every backend. The whole sentence is read again for each word:
        meant for sentences, not for books.

        Args:
            prefix: a string or tokens; may be empty.
            length: words to draw at most.
            temperature: above 0; below 1 prefers likely words, above 1 evens out.
            top_k: draw from this many likeliest words (`</S>` among them) only, from 1 to V - 2.
            seed: None draws other words each time.

        Returns:
            The drawn words, without prefix and `</S>`; fewer than `length` if the sentence ended.

        Raises:
            ValueError: an argument out of range.
        """
        _check("length", length, 1, np.inf)
        _check("top_k", 1 if top_k is None else top_k, 1, len(self.vocabulary) - 2)
        if not 0 < temperature < np.inf:
            raise ValueError(
                f"`temperature` must be a number above 0. Received: temperature={temperature}. "
                "For the likeliest words take top_k=1."
            )
        random, tokens, drawn = np.random.default_rng(seed), self.tokenize(prefix), []
        while len(drawn) < length:
            log_probs = self._next([*tokens, *drawn])
            log_probs[[_BOS, _UNK]] = -np.inf
            word = self.vocabulary.tokens[draw(log_probs, temperature, top_k, random)]
            if word == EOS_TOKEN:
                break
            drawn.append(word)
        return drawn

    def _next(self, tokens: list[str]) -> np.ndarray:
        ((forward, _),) = self._states([tokens])
        return self._softmax.log_probs(forward[-2])  # the last row has read </S>

    def _ranking(self, log_probs: np.ndarray, top: int, most: int) -> Ranking:
        _check("top", top, 1, most)
        best = np.argsort(-log_probs, kind="stable")[:top]
        return [(self.vocabulary.tokens[i], float(np.exp(log_probs[i]))) for i in best]

    def _score(self, tokens: list[str], forward: np.ndarray, backward: np.ndarray) -> SentenceScore:
        ids = self.vocabulary.encode([tokens])[0] - 1  # (n,)
        # Row i + 1 is word i: the row before it predicts it forwards, the row behind it backwards.
        before, behind = forward[:-1], np.roll(backward[1:], -1, axis=0)
        return SentenceScore(
            tokens,
            self._softmax.log_probs_of(before, np.append(ids, _EOS)),
            self._softmax.log_probs_of(behind, np.append(ids, _BOS)),
            int(np.sum(ids == _UNK)),
        )


def _check(name: str, value: Any, least: int, most: float) -> None:
    if not isinstance(value, int | np.integer) or not least <= value <= most:
        allowed = f"at least {least}" if most == np.inf else f"from {least} to {most:,}"
        raise ValueError(f"`{name}` must be a whole number, {allowed}. Received: {name}={value!r}")
