"""From one sequence to another: pronunciations, lemmas, normal forms, short translations."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_elmo._values import SEED
from keras_elmo.batching.batches import TargetFunction
from keras_elmo.batching.sequence_batches import (
    CHARACTER_STEPS,
    SOURCE_IDS,
    TARGET_IDS,
    WORD_PLACES,
    SequenceBatches,
    padded_targets,
)
from keras_elmo.batching.symbols import (
    CHARACTERS,
    WORDS,
    SourceReader,
    TargetSymbols,
    find_characters,
    read_targets,
)
from keras_elmo.data.datasets import SEQ2SEQ, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import Sentences
from keras_elmo.layers.attention_decoder import AttentionDecoder
from keras_elmo.layers.spelled_words import SpelledWords
from keras_elmo.metrics.sequences import (
    SacrebleuMissingError,
    sequence_report,
    translation_report,
)
from keras_elmo.tasks.described_task import Output, mistake
from keras_elmo.tasks.encoder import TextEncoder
from keras_elmo.tasks.gate import Examples
from keras_elmo.tasks.keywords import PREDICT, check_keywords, parameter_names
from keras_elmo.tasks.sequences.beam_search import Hypothesis
from keras_elmo.tasks.sequences.decoding import Candidate, TargetSearch
from keras_elmo.tasks.sequences.sequence_loss import SequenceLoss
from keras_elmo.tasks.task import ElmoTask


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoSeq2Seq(ElmoTask):
    """ELMo → BiLSTM → LSTM decoder with attention → words or characters.

    `x` holds strings or token lists, `y` a string or a list of symbols for each. `predict` returns
    the best text for each, `generate` several with their scores.

    The encoder reads a step for each token, or, with `source_characters`, for each character: its
    own trainable vector beside ELMo's vector of the word that it stands in, see
    [`SpelledWords`][keras_elmo.layers.spelled_words.SpelledWords]. That suits what depends on the
    spelling: ELMo knows words, not letters.

    Args:
        backbone: the ELMo.
        labels: the symbols that can be written, such as `find_symbols(y)` from
            `keras_elmo.batching.symbols`: all others are `<UNK>`.
        target: `"words"`, which spaces separate, or `"characters"`.
        source_characters: the characters that get a vector, such as `find_characters(tokens)`;
            others share one. None reads words.
        character_dim: size of such a vector.
        decoder_units: of the decoder's LSTM.
        symbol_dim: size of the vector of a written symbol.
        attention: `"luong"` or `"bahdanau"`.
        copy: also copy steps of the source, known or not; see
            [`AttentionDecoder`][keras_elmo.layers.attention_decoder.AttentionDecoder].
        label_smoothing: of the loss, see
            [`SequenceLoss`][keras_elmo.tasks.sequences.sequence_loss.SequenceLoss].
        scheduled_sampling, sampling_steps: share of given symbols that are replaced in training by
            the decoder's own, and after how many steps it is reached.
        max_target_length: symbols that are written at most.
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask]. `dropout` counts for the decoder,
            too.

    Example:
        ```python
        words, sounds = ["cat", "dog"], ["K AE1 T", "D AO1 G"]
        speller = keras_elmo.ElmoSeq2Seq.from_preset(
            "elmo_mini_en", labels=find_symbols(sounds), source_characters=list("acdgot")
        )
        speller.fit(words, sounds, epochs=50)
        speller.generate(["tag"], beam=4, n_best=2)
        ```
    """

    kinds = (SEQ2SEQ,)
    prediction_options = ("beam", "n_best", "length_penalty", "max_length")
    view = "candidates"
    _search: TargetSearch | None = None

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        labels: Sequence[str],
        target: str = WORDS,
        source_characters: Sequence[str] | None = None,
        character_dim: int = 64,
        decoder_units: int = 256,
        symbol_dim: int = 128,
        attention: str = "luong",
        copy: bool = False,
        label_smoothing: float = 0.0,
        scheduled_sampling: float = 0.0,
        sampling_steps: int = 10_000,
        max_target_length: int = 100,
        mix_at_output: bool = False,
        **kwargs: Any,
    ):
        if mix_at_output and source_characters is not None:
            raise ValueError(
                "`mix_at_output` puts vectors of words beside outputs of words. "
                "Received: mix_at_output=True with `source_characters`"
            )
        # Before Keras's own constructor, which calls what builds and compiles.
        self.symbols = TargetSymbols(labels, target)
        self.reader = SourceReader(source_characters)
        self.target = target
        self.source_characters = source_characters and list(source_characters)
        self.character_dim = character_dim
        self.decoder_units = decoder_units
        self.symbol_dim = symbol_dim
        self.attention = attention
        self.copy = copy
        self.label_smoothing = label_smoothing
        self.scheduled_sampling = scheduled_sampling
        self.sampling_steps = sampling_steps
        self.max_target_length = max_target_length
        super().__init__(backbone, labels=labels, mix_at_output=mix_at_output, **kwargs)

    def build_graph(self, backbone: ElmoBackbone, encoder: TextEncoder) -> Any:
        inputs = dict(backbone.input)
        features, mask = backbone(backbone.input), inputs["padding_mask"]
        x = encoder.words(inputs, features)  # (batch, tokens, features)
        if self.source_characters is not None:
            for name in (CHARACTER_STEPS, WORD_PLACES):
                inputs[name] = keras.Input((None,), dtype="int32", name=name)
            spell = SpelledWords(
                len(self.source_characters) + 2, self.character_dim, name="spelled_words"
            )
            x = spell(x, inputs[CHARACTER_STEPS], inputs[WORD_PLACES])
            mask = ops.not_equal(inputs[CHARACTER_STEPS], 0)
        if self.copy:
            inputs[SOURCE_IDS] = keras.Input((None,), dtype="int32", name=SOURCE_IDS)
        x = encoder.contextual(x, features, mask)
        return inputs, features, self._decoded(inputs, x, mask)

    def _decoded(self, inputs: dict[str, Any], x: Any, mask: Any) -> Any:
        """What the decoder writes for steps of the source, float `(batch, steps, features)`."""
        # A model of its own for prediction; hidden, so that Keras does not count its layers twice.
        self._graph = graph = SimpleNamespace()
        graph.encoder = keras.Model(dict(inputs), {"memory": x, "mask": mask})
        graph.decoder = AttentionDecoder(
            self.symbols.size,
            self.decoder_units,
            embedding_dim=self.symbol_dim,
            unknown_id=TargetSymbols.unknown,
            attention=self.attention,
            copy=self.copy,
            dropout=self.encoder.dropout,
            scheduled_sampling=self.scheduled_sampling,
            sampling_steps=self.sampling_steps,
            dtype="float32",
            name="decoder",
        )
        inputs[TARGET_IDS] = keras.Input((None,), dtype="int32", name=TARGET_IDS)
        copied = {SOURCE_IDS: inputs[SOURCE_IDS]} if self.copy else {}
        return graph.decoder(x, inputs[TARGET_IDS], **copied, mask=mask)

    def default_loss(self) -> keras.losses.Loss:
        return SequenceLoss(self.label_smoothing)

    # === Training ===

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        return read_targets(y)

    def make_batches(
        self,
        examples: Examples,
        *,
        batch_size: int = 32,
        class_weight: Mapping[Any, float] | str | None = None,
        shuffle: bool = False,
        seed: int = SEED,
    ) -> SequenceBatches:
        sentences, y = examples.x, examples.y
        function = self.target_function(sentences, y, class_weight, examples.weights)
        lengths = [len(self.symbols.split(text)) + 1 for text in y]  # and the end
        return self._source_batches(
            sentences,
            target_lengths=np.array(lengths, np.int64),
            sequence_targets=function,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Any,
    ) -> TargetFunction:
        """The symbols of a batch, padded to a length, and their weights."""
        if class_weight is not None:
            raise ValueError(
                "sequences have no classes to weigh: give `sample_weight`. "
                f"Received: class_weight={class_weight!r}"
            )
        targets = []
        for i, (tokens, text) in enumerate(zip(sentences, y, strict=True)):
            symbols = self.symbols.split(text)
            if not symbols or not tokens:
                side = "target" if tokens else "source"
                raise ValueError(f"both sides must hold something. Received: {side} {i} is empty")
            targets.append(self.symbols.encode(symbols, self.copied_steps(tokens)))
        return padded_targets(targets, np.asarray(sample_weight))

    def copied_steps(self, sentence: str | Sequence[str]) -> list[str]:
        """The steps of a source that can be copied: none without `copy`."""
        if not self.copy:
            return []
        [tokens] = self._preprocessor.tokenize([sentence])
        return self.reader(tokens).steps

    def _source_batches(self, sentences: list[list[str]], **options: Any) -> SequenceBatches:
        sources = [self.reader(tokens) for tokens in sentences]
        copied = [self.symbols.source_ids(source.steps) for source in sources if self.copy] or None
        arguments = sentences, self._preprocessor, list(self.input)
        return SequenceBatches(*arguments, sources=sources, copied=copied, **options)

    # === Prediction ===

    def predict(self, x: Any, *, batch_size: int = 32, **kwargs: Any) -> Any:
        """The best text for each source; `kwargs` as of `generate`."""
        if not self._takes_sentences(x):
            return super().predict(x, batch_size=batch_size, **kwargs)
        known = parameter_names(ElmoSeq2Seq.predict, ElmoSeq2Seq.generate)
        check_keywords(kwargs, [*known, *PREDICT], "predict")
        kwargs.pop("verbose", None)
        return [found[0].text for found in self.generate(x, batch_size=batch_size, **kwargs)]

    def predict_labels(self, x: Sentences, **kwargs: Any) -> list[list[str]]:
        """The best symbols for each source; `kwargs` as of `generate`."""
        return [found[0].symbols for found in self.generate(x, **kwargs)]

    def generate(
        self,
        x: Sentences,
        *,
        beam: int = 4,
        n_best: int = 1,
        length_penalty: float = 1.0,
        max_length: int | None = None,
        batch_size: int = 32,
    ) -> list[list[Candidate]]:
        """The best targets of each source, as a beam search finds them.

        Args:
            x: strings or token lists.
            beam: targets that go on at each step; 1 is greedy. It may be larger than the
                vocabulary: then more targets are looked at than there are symbols.
            n_best: how many of them to return, fewer where there are fewer at all.
            length_penalty: α of
                [`beam_search`][keras_elmo.tasks.sequences.beam_search.beam_search].
            max_length: instead of `max_target_length`.
            batch_size: sources of a batch.

        Raises:
            ValueError: an empty source, or more results than the beam holds.
        """
        if not 1 <= n_best <= beam:
            raise ValueError(
                f"`n_best` must be from 1 to `beam`. Received: n_best={n_best}, beam={beam}"
            )
        sentences = self.read_sentences(x)
        if empty := [i for i, tokens in enumerate(sentences) if not tokens]:
            raise ValueError(f"a source must hold something. Received: source {empty[0]} is empty")
        results: list[list[Candidate]] = [[]] * len(sentences)
        limit = max_length or self.max_target_length
        options = {"beam": beam, "length_penalty": length_penalty, "max_length": limit}
        batches = self._source_batches(sentences, batch_size=batch_size)
        self._search = self._search or TargetSearch(self._graph.encoder, self._graph.decoder)
        for row, found in self._search(batches, **options):
            source = self.reader(sentences[row]).steps
            results[row] = [self._candidate(one, source) for one in found[:n_best]]
        return results

    def _candidate(self, found: Hypothesis, source: list[str]) -> Candidate:
        symbols = self.symbols.decode(found.ids, source)
        return Candidate(self.symbols.join(symbols), symbols, *found[1:])

    # === Description ===

    @classmethod
    def for_dataset(
        cls,
        dataset: Dataset,
        backbone: ElmoBackbone,
        *,
        source: str = WORDS,
        **arguments: Any,
    ) -> Self:
        """See `DescribedTask`; at most twice as much is written as the longest target in training.

        Args:
            source: `"characters"` gives all characters that there are a vector.
        """
        characters = None
        if source == CHARACTERS:
            characters = find_characters(arguments["preprocessor"].tokenize(dataset.texts))
        symbols = TargetSymbols([], arguments.get("target", WORDS))
        longest = max(len(symbols.split(text)) for text in dataset.labels)
        own = {"source_characters": characters, "max_target_length": 2 * longest}
        return super().for_dataset(dataset, backbone, **own | arguments)

    def data_facts(self, rows: Dataset, *, held_out: bool = False) -> dict[str, int]:
        facts = super().data_facts(rows, held_out=held_out)
        unknown = self.unknown_tokens(rows.texts, rows.labels)
        return facts | ({"unknown_tokens": unknown} if unknown else {})

    def unknown_tokens(self, sentences: Sequence[Any], texts: Sequence[Any]) -> int:
        """How many symbols of target texts can be written as unknown only."""
        targets, sources = map(self.symbols.split, texts), map(self.copied_steps, sentences)
        return sum(map(self.symbols.unknown_in, targets, sources))

    @property
    def graph_outputs(self) -> dict[str, Output]:
        meaning = "the log-probability of each symbol, and with `copy` of each step of the source"
        return {"decoder": Output(meaning, ("texts", "steps", "symbols"))}

    def measures(self, examples: Examples, **how: Any) -> dict[str, Any]:
        """The measures of sequences.

        Returns:
            What `sequence_report` returns, unknown_tokens (that the model cannot write), cut
            (targets without an end), and bleu and chrf where sacrebleu is installed.
        """
        wanted = [self.symbols.split(text) for text in examples.y]
        found = [candidates[0] for candidates in self.generate(examples.x, **how)]
        report: dict[str, Any] = sequence_report(wanted, [one.symbols for one in found])
        report["unknown_tokens"] = self.unknown_tokens(examples.x, examples.y)
        report["cut"] = sum(not one.complete for one in found)
        with suppress(SacrebleuMissingError):
            report |= translation_report(self.gold(examples), [one.text for one in found])
        return report

    def records_of(self, texts: list[Any], **how: Any) -> Iterator[dict[str, Any]]:
        """Of each text its best target as `prediction`, and its `candidates`."""
        for text, found in zip(texts, self.generate(texts, **how), strict=True):
            candidates = [one.record() for one in found]
            yield {**self.shown(text), "prediction": found[0].text, "candidates": candidates}

    def gold(self, examples: Examples) -> list[str]:
        """The targets as the model would write them."""
        return [self.symbols.join(self.symbols.split(target)) for target in examples.y]

    def mistake(self, record: dict[str, Any], gold: str) -> dict[str, Any] | None:
        predicted, [best, *_] = record["prediction"], record["candidates"]
        share = math.exp(best["log_probability"])
        return mistake(gold, predicted, [share] if predicted != gold else [])

    def get_config(self) -> dict[str, Any]:
        names = "target source_characters character_dim decoder_units symbol_dim attention copy "
        names += "label_smoothing scheduled_sampling sampling_steps max_target_length"
        return super().get_config() | {name: getattr(self, name) for name in names.split()}
