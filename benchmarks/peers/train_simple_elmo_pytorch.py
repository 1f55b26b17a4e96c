"""A training step of simple-elmo-pytorch's Elmo under a BiLSTM: the median of some, in seconds.

python train_simple_elmo_pytorch.py FOLDER ROWS WORDS
"""

import random
import statistics
import sys
import time

import torch
from simple_elmo_pytorch import Elmo, batch_to_ids


def main():
    folder, rows, words = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    elmo = Elmo(
        f"{folder}/options.json", f"{folder}/weights.hdf5", 1, dropout=0.5, requires_grad=True
    )
    lstm = torch.nn.LSTM(1024, 128, batch_first=True, bidirectional=True)
    output = torch.nn.Linear(256, 2)
    parameters = [p for part in (elmo, lstm, output) for p in part.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, 1e-4)
    random.seed(0)
    lexicon = ["".join(random.choices("etaoins", k=6)) for _ in range(500)]
    ids = batch_to_ids([random.choices(lexicon, k=words) for _ in range(rows)])
    labels = torch.arange(rows) % 2
    seconds = []
    for _ in range(4):
        begin = time.perf_counter()
        optimizer.zero_grad()
        x = lstm(elmo(ids)["elmo_representations"][0])[0].amax(dim=1)
        torch.nn.functional.cross_entropy(output(x), labels).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    print(statistics.median(seconds[1:]))


if __name__ == "__main__":
    main()
