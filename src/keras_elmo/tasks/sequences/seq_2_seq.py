"""From one sequence to another: pronunciations, lemmas, normal forms, short translations."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import keras

from keras_elmo.data.datasets import SEQ2SEQ, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.metrics.no_better import than_nothing
from keras_elmo.metrics.sequences import (
    SacrebleuMissingError,
    sequence_report,
    translation_report,
)
from keras_elmo.runtime.beam_search import Hypothesis
from keras_elmo.runtime.described import mistake
from keras_elmo.runtime.examples import Examples
from keras_elmo.runtime.keywords import PREDICT, check_keywords, parameter_names
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.sequences.decoding import Candidate, TargetSearch
from keras_elmo.tasks.sequences.sequence_network import SequenceNetwork
from keras_elmo.text.sentence_encoder import Sentences
from keras_elmo.text.symbols import CHARACTERS, WORDS, TargetSymbols, find_characters


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoSeq2Seq(SequenceNetwork):
    """ELMo → BiLSTM → LSTM decoder with attention → words or characters.

    `x` holds strings or token lists, `y` a string or a list of symbols for each. `predict` returns
    the best text for each, `generate` several with their scores.

    The encoder reads a step for each token, or, with `source_characters`, for each character: its
    own trainable vector beside ELMo's vector of the word that it stands in, see
    [`SpelledWords`][keras_elmo.layers.spelled_words.SpelledWords]. That suits what depends on the
    spelling: ELMo knows words, not letters.

    Args:
        backbone: the ELMo.
        target_vocabulary: at least two symbols that can be written, such as `find_symbols(y)` from
            `keras_elmo.text.symbols`: all others are `<UNK>`.
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
            "elmo_mini_en", target_vocabulary=find_symbols(sounds), source_characters=[*"acdgot"]
        )
        speller.fit(words, sounds, epochs=50)
        speller.generate(["tag"], beam=4, n_best=2)
        ```
    """

    kinds = (SEQ2SEQ,)
    prediction_options = ("beam", "n_best", "length_penalty", "max_length")
    view = "candidates"
    _search: TargetSearch | None = None

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
                [`beam_search`][keras_elmo.runtime.beam_search.beam_search].
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
        own["target_vocabulary"] = arguments.pop("labels")
        return super().for_dataset(dataset, backbone, **own | arguments)

    @property
    def label_counts(self) -> dict[str, int]:
        return {"symbols": len(self.target_vocabulary)}

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

    def no_better_than(self, measures: Mapping[str, Any], gold: Any) -> str:
        """See `than_nothing`."""
        return than_nothing(measures)

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
        names = parameter_names(ElmoSeq2Seq.__init__)[1:]  # behind the backbone
        return super().get_config() | {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        if "target_vocabulary" not in config:  # what earlier versions called it
            config = config | {"target_vocabulary": config["labels"], "labels": None}
        return super().from_config(config, custom_objects)
