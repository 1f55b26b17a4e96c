"""Sentences → ELMo features, in flat memory and in order."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

from keras_elmo.embedding.engines.engine import Block, Engine, State, zero_state
from keras_elmo.embedding.engines.engines import make_engine
from keras_elmo.embedding.engines.packing import PackedSentence, SentencePacker
from keras_elmo.embedding.word_ids import WordIds
from keras_elmo.runtime.word_cache import WordCache
from keras_elmo.weights.detection import load_elmo
from keras_elmo.weights.sources.published import PublishedElmo

if TYPE_CHECKING:
    from keras_elmo.elmo.backbone import ElmoBackbone
    from keras_elmo.elmo.preprocessor import ElmoPreprocessor

_WORDS = 256  # of one call of the character CNN at most


class ElmoEmbedder:
    """Gives the features of a frozen ELMo for any number of sentences.

    The character CNN runs once per word type (the words seen last are remembered), the biLM over
    rows of sentences without padding, see
    [`SentencePacker`][keras_elmo.embedding.engines.packing.SentencePacker].

    Args:
        elmo: a preset's name, the path of an ELMo of any format, what `load_elmo` read, or a
            backbone. A stateful backbone reads sentences as they come: number `i` is row
            `i % batch_size` of its batches; `engine`, `precision` and the memory are not for it.
        preprocessor: splits sentences into tokens, and knows the words of a word-input model; the
            default splits on spaces.
        engine: `"keras"`, with every backend; `"onnx"`, with ONNX Runtime and neither Keras nor
            its backend; or `"auto"`, the fastest exact one: Keras with TensorFlow and for a
            backbone, else ONNX Runtime where it is installed.
        precision: `"float32"`; `"bfloat16"` products (Keras), `"int8"` products (ONNX Runtime).
        max_bytes: how many bytes of features may be in memory; it reads on while they are fewer.
        cached_words: how many word types have their vectors remembered.

    Raises:
        ValueError: no such engine or precision, or one without the other.
        ImportError: the engine is not installed.

    Example:
        >>> embedder = ElmoEmbedder("elmo_mini_en")
        >>> embedder.embed(["Profit rose sharply ."])[0].shape
        (4, 3, 256)
    """

    def __init__(
        self,
        elmo: "str | PathLike[str] | PublishedElmo | ElmoBackbone",
        preprocessor: "ElmoPreprocessor | None" = None,
        *,
        engine: str = "auto",
        precision: str = "float32",
        max_bytes: int = 2**28,
        cached_words: int = 2**16,
    ):
        if isinstance(elmo, str | PathLike):
            elmo = load_elmo(elmo)
        words = characters = self._stateful = None
        if isinstance(elmo, PublishedElmo):
            words, characters = elmo.words, elmo.characters
        elif elmo.config.stateful:
            self._stateful = elmo
        self._preprocessor = preprocessor
        self.engine: Engine = make_engine(elmo, engine, precision)
        self._ids = WordIds(self.engine.config, preprocessor, words, characters)
        self._max_bytes = max_bytes
        self._words = WordCache(self._compute, self.engine.config["projection_dim"], cached_words)
        self._keeps_boundaries = self.engine.config.get("keep_boundaries", False)
        self._version: str | None = None  # of the weights that the remembered vectors belong to

    def save_words(self, path: str | PathLike[str]) -> None:
        """Write the remembered words and their vectors to a file, for another process."""
        self._words.save(path, self.engine.words_version())

    def load_words(self, path: str | PathLike[str]) -> None:
        """Remember what `save_words` wrote.

        Raises:
            ValueError: the file belongs to other weights or another engine.
        """
        self._begin()
        self._words.load(path, self.engine.words_version())

    def embed(self, sentences: Sequence[str] | Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Features of all sentences: for each, float32 `(tokens, layers + 1, 2P)`."""
        return list(self.embed_iter(sentences))

    def embed_iter(
        self, sentences: Iterable[str] | Iterable[Sequence[str]]
    ) -> Iterator[np.ndarray]:
        """Give the features one after another, in order, in flat memory whatever their number."""
        if isinstance(sentences, str):
            raise ValueError(
                f"`sentences` must be a list of sentences. Received: the string {sentences!r:.80}. "
                "Put it into a list."
            )
        tokens = (self._ids.tokens(sentence) for sentence in sentences)
        if self._stateful:
            from keras_elmo.embedding.engines.stateful import embed_stateful

            yield from embed_stateful(self._stateful, self._preprocessor, tokens)
            return
        packer = SentencePacker(self.engine, self._begin())
        queue: deque[PackedSentence] = deque()
        held, exhausted = 0, False
        while True:
            if not exhausted and held <= self._max_bytes // 2:
                packed, exhausted = self._read(tokens, self._max_bytes - held)
                held += sum(sentence.features.nbytes for sentence in packed)
                queue.extend(packed)
                packer.add(packed, last=exhausted)
            while queue and not queue[0].left:
                features = queue.popleft().features
                held -= features.nbytes
                yield features
            if queue:
                packer.advance()
            elif exhausted:
                return

    def _read(
        self, tokens: Iterator[list[str]], max_bytes: int
    ) -> tuple[list[PackedSentence], bool]:
        """The next sentences, as many as the memory holds but one at least."""
        config = self.engine.config
        token_bytes = 4 * 2 * config["projection_dim"] * (config["num_layers"] + 1)
        read: list[list[str]] = []
        exhausted = True
        for sentence in tokens:
            read.append(sentence)
            max_bytes -= token_bytes * max(1, len(sentence))
            if max_bytes <= 0:
                exhausted = False
                break
        vectors, place = self._words.vectors(chain.from_iterable(read))
        packed = []
        for sentence in read:
            rows = vectors[[place[word] for word in sentence]]
            if self._keeps_boundaries:
                rows = np.concatenate([self._boundaries[:1], rows, self._boundaries[1:]])
            packed.append(PackedSentence(rows, config["num_layers"]))
        return packed, exhausted

    def _begin(self) -> State:
        """The state before a sentence's first token; new for every call, as weights may change."""
        version = self.engine.words_version()
        if version != self._version:
            self._words.clear()
            self._version = version
            self._boundaries = self.engine.word_vectors(self._ids.boundaries)  # (2, P)
        zeros = zero_state(self.engine.config, 1)
        if self._keeps_boundaries:
            return zeros
        # Behind `<S>` in reading order, and backwards behind `</S>`.
        return self.engine.advance(
            Block(self._boundaries[:, None, None], np.ones((1, 1), bool)), zeros, zeros
        )[1]

    def _compute(self, words: list[str]) -> np.ndarray:
        """Word vectors, of words of like length together."""
        engine = self.engine
        order = sorted(range(len(words)), key=lambda i: len(words[i]))
        vectors = np.empty((len(words), engine.config["projection_dim"]), np.float32)
        for begin in range(0, len(words), _WORDS):
            rows = order[begin : begin + _WORDS]
            # Repeated words where a shape costs a compilation: there are few powers of two.
            count = 1 << (len(rows) - 1).bit_length() if engine.static_shapes else len(rows)
            chosen = [words[i] for i in rows] + [words[rows[-1]]] * (count - len(rows))
            ids = self._ids.encode(chosen, whole=engine.static_shapes)
            vectors[rows] = engine.word_vectors(ids)[: len(rows)]
        return vectors
