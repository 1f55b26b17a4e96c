"""`keras-elmo suggest`: likely words for a blank, or after the beginning of a sentence."""

import sys
from typing import Annotated

import typer

from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.language_model import Model, VocabularyFile, warn_if_unknown

BLANK = "___"


def suggest(
    model: Model,
    prompt: Annotated[str, typer.Argument(help="A sentence with a blank ___, or its beginning.")],
    top: Annotated[int, typer.Option(min=1, help="How many words.")] = 10,
    vocabulary: VocabularyFile = None,
) -> None:
    """Suggest words, the likeliest first: probability, tab, word.

    For a blank both directions judge, each by what stands on its side. Without
    one it is the word that comes next, where </S> is the end of the sentence
    and <UNK> any unknown word.

    \b
    keras-elmo suggest my_elmo/preset "The bank raised its ___ rate ."
    keras-elmo suggest my_elmo/preset "The bank raised its interest"
    """
    from keras_elmo.weights.language_model import check_language_model

    check_language_model(model, vocabulary)
    load_backend()
    from keras_elmo.elmo.word_prediction import ElmoWordPredictor

    predictor = ElmoWordPredictor.from_preset(model, vocabulary=vocabulary)
    tokens = predictor.tokenize(prompt)
    if BLANK not in prompt:
        found = predictor.next_words(tokens, top)
    else:
        found = predictor.substitutes(tokens, _place_of_blank(tokens, prompt), top)
    for word, probability in found:
        sys.stdout.write(f"{probability:.4f}\t{word}\n")
    context = [token for token in tokens if token != BLANK]
    warn_if_unknown(predictor.unknown(context) / max(1, len(context)), "the prompt")


def _place_of_blank(tokens: list[str], prompt: str) -> int:
    if tokens.count(BLANK) == 1:
        return tokens.index(BLANK)
    raise ValueError(
        f"a prompt has one blank, {BLANK} with spaces around it, or none. Received: {prompt!r}"
    )
