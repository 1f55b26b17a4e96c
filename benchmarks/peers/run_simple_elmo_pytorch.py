"""simple-elmo-pytorch: AllenNLP's Elmo on its own, under a PyTorch of today.

pip install torch h5py && pip install --no-deps simple-elmo-pytorch
"""

import sys

from answers import batches, serve


def load():
    import torch
    from simple_elmo_pytorch import Elmo, batch_to_ids

    folder = sys.argv[1]
    model = Elmo(f"{folder}/options.json", f"{folder}/weights.hdf5", 1, dropout=0.0).eval()

    @torch.no_grad()
    def run(batch):
        layers = model(batch_to_ids(batch))["activations"]  # each (batch, tokens + 2, 2P)
        return [layer.numpy() for layer in layers]

    def embed(sentences):
        import numpy as np

        for batch in batches(sentences):
            layers = run(batch)
            for row, sentence in enumerate(batch):
                yield np.stack([layer[row, 1 : len(sentence) + 1] for layer in layers], axis=1)

    return embed


if __name__ == "__main__":
    serve(sys.argv[1], ["simple-elmo-pytorch", "torch"], load)
