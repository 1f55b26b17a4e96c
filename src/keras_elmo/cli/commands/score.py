"""`keras-elmo score`: how probable each sentence of a text is."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.console import say
from keras_elmo.cli.language_model import Model, VocabularyFile, warn_of_unknown

if TYPE_CHECKING:
    from keras_elmo.elmo.sentence_score import SentenceScore

_DIGITS = 4


def score(
    model: Model,
    text: Annotated[
        str, typer.Argument(help="One sentence a line, words split on spaces; - is standard input.")
    ] = "-",
    words: Annotated[bool, typer.Option("--words", help="Every word's numbers as well.")] = False,
    sort: Annotated[
        bool, typer.Option("--sort", help="Highest perplexity first, instead of line by line.")
    ] = False,
    vocabulary: VocabularyFile = None,
) -> None:
    """Score sentences: one JSON object each, with log-probabilities (nats) and perplexity.

    Forwards, backwards and the mean of both, under the full softmax. Words
    outside the vocabulary count as <UNK>. The perplexity of all together comes
    last, on standard error; it is that of `keras-elmo perplexity`, but for
    sentences of over 60 words, which are cut only there.

    \b
    keras-elmo score my_elmo/preset sentences.txt > scores.jsonl
    keras-elmo score my_elmo/preset sentences.txt --sort | head
    echo "The bank raised its rate ." | keras-elmo score my_elmo/preset --words
    """
    from keras_elmo.data.plain_text import read_sentences
    from keras_elmo.data.reading import Reading
    from keras_elmo.weights.language_model import check_language_model

    check_language_model(model, vocabulary)
    lines = read_sentences(text, Reading(file_format="txt"))
    # The first one now: a wrong file is told before Keras is there.
    sentences = (str(line).split() for line in chain(list(islice(lines, 1)), lines))
    load_backend()
    from keras_elmo.elmo.sentence_score import summarise
    from keras_elmo.elmo.word_prediction import ElmoWordPredictor

    predictor = ElmoWordPredictor.from_preset(model, vocabulary=vocabulary)
    scores: Iterable[SentenceScore] = predictor.score_iter(sentences)
    if sort:
        numbered = sorted(enumerate(scores, 1), key=lambda row: -row[1].perplexity)
    else:
        numbered = enumerate(scores, 1)
    total = summarise(_written(numbered, words))
    say(
        f"{total['tokens']:,} tokens, {total['unknown']:.1%} unknown · perplexity: "
        f"forward {total['forward']:,.1f} · backward {total['backward']:,.1f} · both "
        f"{total['perplexity']:,.1f} · per character {total['per_character']:.3f}"
    )
    warn_of_unknown(total["unknown"], "the text")


def _written(
    numbered: "Iterable[tuple[int, SentenceScore]]", words: bool
) -> "Iterator[SentenceScore]":
    """Write each score and pass it on."""
    for line, score in numbered:
        record = _record(line, score) | ({"words": _words(score)} if words else {})
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        yield score


def _record(line: int, score: "SentenceScore") -> dict[str, Any]:
    directions = {"forward": score.forward, "backward": score.backward, "mean": score.mean}
    return {
        "line": line,
        "sentence": " ".join(score.tokens),
        "tokens": len(score.tokens),
        "unknown": score.unknown,
        "log_prob": {name: _rounded(array.sum()) for name, array in directions.items()},
        "perplexity": _rounded(score.perplexity),
        "per_character": _rounded(score.per_character),
    }


def _words(score: "SentenceScore") -> list[dict[str, Any]]:
    """Every word, between `<S>`, which is predicted backwards only, and `</S>`, forwards only."""
    rows = zip(score.tokens, score.forward, score.backward, score.mean, strict=False)
    return [
        {"word": "<S>", "backward": _rounded(score.backward[-1])},
        *(
            {"word": word, "forward": _rounded(f), "backward": _rounded(b), "mean": _rounded(m)}
            for word, f, b, m in rows
        ),
        {"word": "</S>", "forward": _rounded(score.forward[-1])},
    ]


def _rounded(number: float) -> float:
    return round(float(number), _DIGITS)
