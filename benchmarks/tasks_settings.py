"""The trainings of `tasks`, a command line a set; chosen on the development sets.

Paths are those in DATA/splits; `tasks` writes snips/ itself, with slots and intents together.
"""

_FILES = "{name}/train.{ending} --dev {name}/dev.{ending} --tokenizer whitespace"
# Layer norm brings untrained and pre-trained features to the same scale.
_TAGS = (
    "--mix-layer-norm --word-embedding-dropout 0.3 --word-shape-dim 16 --mix-at-output "
    "--lstm-units 128 --elmo-dropout 0.2 --dropout 0.5 --recurrent-dropout 0"
)
_TEXTS = (
    "--text 1 --label 0 --mix-layer-norm --word-embedding-dropout 0.4 --lstm-units 64 "
    "--pooling max --elmo-dropout 0.5 --dropout 0.5 --recurrent-dropout 0"
)
_SLOW = "--learning-rate 2e-3 --batch-size 16 --epochs 25 --patience 6"
_FAST = "--learning-rate 2e-3 --batch-size 32 --epochs 15 --patience 4"
_LARGE = "--learning-rate 4e-3 --batch-size 64 --epochs 15 --patience 4"
_CLASSES = "--learning-rate 2e-3 --batch-size 64 --epochs 30 --patience 6"


def _line(name, ending, *options):
    files = _FILES.format(name=name, ending=ending)
    return " ".join(["keras-elmo train", files, *options])


COMMANDS = {
    "wikigold": _line("wikigold", "conll", "--scheme BIOES", _TAGS, _SLOW),
    "wnut17": _line("wnut17", "conll", "--scheme BIOES", _TAGS, _SLOW),
    "fpb-50agree": _line("fpb-50agree", "tsv", _TEXTS, _CLASSES),
    "sst2": _line("sst2", "tsv", _TEXTS, _CLASSES),
    "movie-reviews-rt": _line("movie-reviews-rt", "tsv", _TEXTS, _CLASSES),
    "ud-ewt": _line("ud-ewt", "conll", _TAGS, _FAST),
    "conll2000": _line("conll2000", "conll", "--scheme BIOES", _TAGS, _FAST),
    # A CRF over the 79 tags of BIO costs a quarter of one over the 157 of BIOES.
    "snips": _line("snips", "jsonl", "--label slots,intent --scheme BIO", _TAGS, _LARGE),
}
# Instead of the vectors of the preset's language model, which an untrained ELMo has not.
UNTRAINED_WORDS = "--word-vectors none --word-embedding-dim 128"
# One more epoch, in which a head that is trained goes on with all of ELMo.
WITH_ELMO = (
    "--start-from model --fine-tune full --schedule constant --epochs 1 "
    "--learning-rate 3e-4 --elmo-learning-rate 1e-4"
)
