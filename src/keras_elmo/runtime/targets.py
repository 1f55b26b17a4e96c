"""Targets of sequences: from what a beam search finds to texts, measures and records."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_elmo.metrics.no_better import than_nothing
from keras_elmo.metrics.sequences import (
    SacrebleuMissingError,
    sequence_report,
    translation_report,
)
from keras_elmo.runtime.beam_search import Hypothesis
from keras_elmo.runtime.described import Predicts, mistake
from keras_elmo.runtime.examples import Examples
from keras_elmo.text.sentence_encoder import Sentences
from keras_elmo.text.symbols import SourceReader, TargetSymbols, read_targets

if TYPE_CHECKING:
    Base = Predicts
else:
    Base = object  # Keras makes a functional model of a class with one line of ancestors only


class Candidate(NamedTuple):
    """A target that was found for a source.

    Attributes:
        text: its symbols, joined.
        symbols: words or characters; `<UNK>` stands for one that is none of the vocabulary.
        log_probability: natural logarithm, of the symbols and the end.
        score: that over the length penalty: what candidates are ranked by.
        complete: False where it was cut at the greatest length.
    """

    text: str
    symbols: list[str]
    log_probability: float
    score: float
    complete: bool

    def record(self) -> dict[str, Any]:
        """As a dict for JSON, without the symbols."""
        return {
            "text": self.text,
            "score": round(self.score, 6),
            "log_probability": round(self.log_probability, 6),
            "complete": self.complete,
        }


class WritesTargets(Base):
    """Writes a target for each source.

    Attributes:
        symbols: what can be written.
        reader: makes time steps of a source.
        copy: whether steps of the source can be written.
        max_target_length: symbols that are written at most.
    """

    prediction_options = ("beam", "n_best", "length_penalty", "max_length")
    view = "candidates"
    symbols: TargetSymbols
    reader: SourceReader
    copy: bool
    max_target_length: int

    def search(
        self, sentences: list[list[str]], batch_size: int, **options: Any
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """The number of each source and its targets, the best first.

        Args:
            sentences: token lists.
            batch_size: sources of a batch.
            options: `beam`, `length_penalty` and `max_length` of `beam_search`.
        """
        raise NotImplementedError

    def read_targets(self, y: Any, sentences: Sequence[Any]) -> list[Any]:
        return read_targets(y)

    def copied_steps(self, sentence: str | Sequence[str]) -> list[str]:
        """The steps of a source that can be copied: none without `copy`."""
        if not self.copy:
            return []
        [tokens] = self.tokenize([sentence])
        return self.reader(tokens).steps

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
        for row, found in self.search(sentences, batch_size, **options):
            source = self.reader(sentences[row]).steps
            results[row] = [self._candidate(one, source) for one in found[:n_best]]
        return results

    def _candidate(self, found: Hypothesis, source: list[str]) -> Candidate:
        symbols = self.symbols.decode(found.ids, source)
        return Candidate(self.symbols.join(symbols), symbols, *found[1:])

    def unknown_tokens(self, sentences: Sequence[Any], texts: Sequence[Any]) -> int:
        """How many symbols of target texts can be written as unknown only."""
        targets, sources = map(self.symbols.split, texts), map(self.copied_steps, sentences)
        return sum(map(self.symbols.unknown_in, targets, sources))

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
