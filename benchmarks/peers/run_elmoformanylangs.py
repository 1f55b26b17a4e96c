"""ELMoForManyLangs: a biLM of the same shape in PyTorch, with random weights of its own format.

pip install torch h5py "overrides<4" && pip install --no-deps elmoformanylangs

It sorts sentences by length by itself. Its vectors are compared with nothing: its characters are
letters, not bytes, and have other numbers.
"""

import json
import string
import sys
import tempfile
from pathlib import Path

from answers import BATCH, serve

MARKS = ["<bos>", "<eos>", "<bow>", "<eow>", "<pad>", "<oov>"]


def config(options):
    lstm, cnn = options["lstm"], options["char_cnn"]
    return {
        "encoder": {
            "name": "elmo",
            "projection_dim": lstm["projection_dim"],
            "cell_clip": lstm["cell_clip"],
            "proj_clip": lstm["proj_clip"],
            "dim": lstm["dim"],
            "n_layers": lstm["n_layers"],
        },
        "token_embedder": {
            "name": "cnn",
            "activation": cnn["activation"],
            "filters": cnn["filters"],
            "n_highway": cnn["n_highway"],
            "word_dim": 0,
            "char_dim": cnn["embedding"]["dim"],
            "max_characters_per_token": cnn["max_characters_per_token"],
        },
        "dropout": 0.0,
    }


def new_model(folder, options):
    """A model folder as its `Embedder` reads it."""
    import torch
    from elmoformanylangs.frontend import Model
    from elmoformanylangs.modules.embedding_layer import EmbeddingLayer

    letters = MARKS + [c for c in string.printable if not c.isspace()]
    ids = {letter: i for i, letter in enumerate(letters)}
    lines = "".join(f"{letter}\t{i}\n" for letter, i in ids.items())
    Path(folder, "char.dic").write_text(lines, encoding="utf-8")
    Path(folder, "config.json").write_text(json.dumps({"config_path": "shape.json"}))
    Path(folder, "shape.json").write_text(json.dumps(config(options)))
    torch.manual_seed(0)
    letters = EmbeddingLayer(options["char_cnn"]["embedding"]["dim"], ids, fix_emb=False)
    model = Model(config(options), None, letters)
    torch.save(model.token_embedder.state_dict(), f"{folder}/token_embedder.pkl")
    torch.save(model.encoder.state_dict(), f"{folder}/encoder.pkl")


def load():
    import torch
    from elmoformanylangs import Embedder

    options = json.loads(Path(sys.argv[1], "options.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        new_model(folder, options)
        embedder = Embedder(folder, batch_size=BATCH)

    def embed(sentences):
        with torch.no_grad():  # which it forgets
            vectors = embedder.sents2elmo(sentences, output_layer=-2)
        for found in vectors:
            yield found.swapaxes(0, 1)

    return embed


if __name__ == "__main__":
    serve(sys.argv[1], ["elmoformanylangs", "torch"], load)
