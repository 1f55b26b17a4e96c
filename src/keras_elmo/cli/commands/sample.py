"""`keras-elmo sample`: a sentence that a language model makes up."""

import sys
from typing import Annotated

import typer

from keras_elmo._values import SEED
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.language_model import Model, VocabularyFile, warn_if_unknown


def sample(
    model: Model,
    prefix: Annotated[str, typer.Option(help="How the sentence begins.")] = "",
    length: Annotated[int, typer.Option(min=1, help="Words to draw at most.")] = 20,
    temperature: Annotated[
        float, typer.Option(help="Below 1: likelier words; above 1: more various ones.")
    ] = 1.0,
    top_k: Annotated[
        int | None, typer.Option(min=1, help="Draw from the likeliest K words only.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other words.")] = SEED,
    vocabulary: VocabularyFile = None,
) -> None:
    """Draw a sentence word by word, forwards, until it ends or has its length.

    \b
    keras-elmo sample my_elmo/preset --prefix "The bank" --length 20 --seed 1
    keras-elmo sample my_elmo/preset --temperature 0.7 --top-k 50
    """
    from keras_elmo.weights.language_model import check_language_model

    check_language_model(model, vocabulary)
    load_backend()
    from keras_elmo.elmo.word_prediction import ElmoWordPredictor

    predictor = ElmoWordPredictor.from_preset(model, vocabulary=vocabulary)
    tokens = predictor.tokenize(prefix)
    drawn = predictor.sample(tokens, length, temperature=temperature, top_k=top_k, seed=seed)
    sys.stdout.write(" ".join([*tokens, *drawn]) + "\n")
    warn_if_unknown(predictor.unknown(tokens) / max(1, len(tokens)), "the prefix")
