"""A program of `head_step`: the same network of PyTorch's own layers.

    python head_step_pytorch.py {with,without,"with, sparse"} ROWS SIZE FEATURES

It prints the median milliseconds of 20 training steps for each line that it reads. "with, sparse"
is `nn.Embedding(sparse=True)` under `SparseAdam`, as AllenNLP has it.
"""

import sys
import time
from statistics import median

import torch
from torch import nn

SENTENCES, WORDS, LAYERS, BATCHES, STEPS, UNITS, CLIP_NORM = 32, 27, 3, 10, 20, 128, 5.0


class Head(nn.Module):
    """Scalar mix → dropout → with word vectors → BiLSTM → max pooling → two classes."""

    def __init__(self, words, rows, size, features):
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(LAYERS))
        self.gamma = nn.Parameter(torch.ones(()))
        self.table = (
            nn.Embedding(rows, size, sparse="sparse" in words) if "out" not in words else None
        )
        self.lstm = nn.LSTM(
            features + (size if self.table else 0), UNITS, batch_first=True, bidirectional=True
        )
        self.output = nn.Linear(2 * UNITS, 2)
        self.elmo_dropout, self.dropout = nn.Dropout(0.5), nn.Dropout(0.2)

    def forward(self, features, ids):
        mixed = torch.einsum("l,btlf->btf", self.mix.softmax(0), features)
        x = self.elmo_dropout(self.gamma * mixed)
        if self.table:
            x = torch.cat([self.table(ids), x], dim=-1)
        x, _ = self.lstm(self.dropout(x))
        return self.output(self.dropout(x).max(dim=1).values)


def clip(parameters):
    """`clip_grad_norm_`, which takes no sparse gradients."""
    gradients = [p.grad.coalesce() if p.grad.is_sparse else p.grad for p in parameters]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    values = [gradient.values() if gradient.is_sparse else gradient for gradient in gradients]
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(v) for v in values]))
    scale = (CLIP_NORM / norm).clamp(max=1.0)
    for value in values:
        value.mul_(scale)


def main():
    words, *numbers = sys.argv[1:]
    rows, size, features = map(int, numbers)
    torch.manual_seed(1)
    model = Head(words, rows, size, features)
    tables = list(model.table.parameters()) if "sparse" in words else []
    others = [p for p in model.parameters() if not any(p is table for table in tables)]
    optimizers = [torch.optim.Adam(others, 1e-3)]
    if tables:
        optimizers.append(torch.optim.SparseAdam(tables, 1e-3))
    data = [
        (
            torch.randn(SENTENCES, WORDS, LAYERS, features),
            # As often as in a text, by Zipf's law.
            (torch.rand(SENTENCES, WORDS) ** -5).clamp(max=1e9).long() % (rows - 1) + 1,
            torch.randint(2, (SENTENCES,)),
        )
        for _ in range(BATCHES)
    ]
    parameters, done = list(model.parameters()), 0
    for _ in sys.stdin:
        spent = []
        for _ in range(STEPS):
            x, ids, y = data[done % BATCHES]
            done += 1
            begin = time.perf_counter()
            for optimizer in optimizers:
                optimizer.zero_grad()
            nn.functional.cross_entropy(model(x, ids), y).backward()
            clip(parameters)
            for optimizer in optimizers:
                optimizer.step()
            spent.append(time.perf_counter() - begin)
        print(1000 * median(spent), flush=True)


if __name__ == "__main__":
    main()
