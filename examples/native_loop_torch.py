"""A training loop in plain PyTorch: ELMo as a module beside `torch.nn`, one optimizer, two rates.

KERAS_BACKEND=torch python examples/native_loop_torch.py
"""

import torch  # pyright: ignore[reportMissingImports]

import keras_elmo

texts = ["a joy to watch", "funny , warm and wise", "the best film of the year"]
texts += ["two lost hours", "dull , loud and far too long", "the worst film of the year"]
y = torch.tensor([1.0] * 3 + [0.0] * 3)
ids = torch.tensor(keras_elmo.ElmoPreprocessor.from_preset("elmo_mini_en")(texts)["character_ids"])


class Classifier(torch.nn.Module):
    """ELMo with learned weights of its layers → BiLSTM → maximum → one number."""

    def __init__(self):
        super().__init__()
        self.elmo = keras_elmo.ElmoEmbedding("elmo_mini_en", mix="scalar", trainable=True)
        self.lstm = torch.nn.LSTM(256, 64, batch_first=True, bidirectional=True)
        self.out = torch.nn.Linear(128, 1)

    def forward(self, ids):
        real = (ids[:, :, 0] != 0).unsqueeze(-1)  # (batch, words, 1): padding counts nothing
        states, _ = self.lstm(self.elmo(ids, training=self.training))
        return self.out(states.masked_fill(~real, -1e9).amax(dim=1))[:, 0]


torch.manual_seed(0)
model = Classifier()
elmo = list(model.elmo.backbone.parameters())
ours = {id(parameter) for parameter in elmo}
head = [parameter for parameter in model.parameters() if id(parameter) not in ours]
optimizer = torch.optim.Adam([{"params": elmo, "lr": 1e-5}, {"params": head, "lr": 1e-3}])
loss_of = torch.nn.BCEWithLogitsLoss()
for epoch in range(20):
    optimizer.zero_grad()
    loss = loss_of(model(ids), y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: loss {loss.item():.3f}")

again = Classifier()  # from one model to another of the same shape
again.load_state_dict(model.state_dict())
with torch.no_grad():
    torch.testing.assert_close(again.eval()(ids), model.eval()(ids))
    print(f"probability of the first: {torch.sigmoid(again(ids))[0].item():.2f}")
