"""An independent ELMo in plain NumPy, to compare with: slow, short, written from the formats' page.

It works on `config` and on {variable path: array} as `keras_elmo.weights` describes them, and uses
nothing else of the package. With nF the number of filters, P = projection_dim and D = units:

    sentences = [["a", "dog"], ["barks"]]
    ids, lengths = character_ids(sentences, 50)             # (2, 4, 50), [4, 3]
    features, state = elmo_features(config, variables, ids, lengths)  # (2, 2, layers + 1, 2P)
"""

import numpy as np

BOS, EOS, BOW, EOW, PAD = range(256, 261)


def character_ids(sentences, max_characters=50):
    """Return ids (B, T + 2, C), 0 on padded steps, and lengths (B,), both counting BOS and EOS."""
    lengths = np.array([len(sentence) + 2 for sentence in sentences])
    ids = np.zeros((len(sentences), lengths.max(), max_characters), dtype=np.int32)
    for b, sentence in enumerate(sentences):
        words = [[BOS], *(list(word.encode())[: max_characters - 2] for word in sentence), [EOS]]
        for t, word in enumerate(words):
            row = [BOW, *word, EOW]
            ids[b, t] = np.array(row + [PAD] * (max_characters - len(row))) + 1
    return ids, lengths


def elmo_features(config, variables, ids, lengths, state=None, dtype=np.float64):
    """Return every layer's output (B, T, layers + 1, 2P) without BOS and EOS, and the final state.

    `ids` (B, T + 2, C), or (B, T + 2) for word input, and `lengths` (B,) count BOS and EOS. `state`
    is None, to start from zero, or what the call for the previous batch returned.
    """
    variables = {path: np.asarray(array, dtype) for path, array in variables.items()}
    if config["vocabulary_size"] is None:
        tokens = token_embeddings(config, variables, ids)
    else:
        tokens = variables["word_embedding/embeddings"][ids]
    layers, state = bilm(config, variables, tokens, lengths, state)
    features = np.stack([np.concatenate([tokens, tokens], -1), *layers], axis=2)
    inner = np.arange(ids.shape[1] - 2) < np.asarray(lengths)[:, None] - 2
    return features[:, 1:-1] * inner[:, :, None, None], state


def token_embeddings(config, variables, ids):
    """Return the character CNN's output (…, P) for ids (…, C)."""
    characters = variables["char_cnn/char_embedding/embeddings"][ids]  # (…, C, E)
    x = np.concatenate(
        [
            _convolved(characters, _pair(variables, f"char_cnn/conv_{i}"), config["activation"])
            for i in range(len(config["char_filters"]))
        ],
        axis=-1,
    )  # (…, nF)
    for k in range(config["num_highways"]):
        carry = sigmoid(_dense(x, variables, f"char_cnn/highway_{k}/carry"))
        x = carry * relu(_dense(x, variables, f"char_cnn/highway_{k}/transform")) + (1 - carry) * x
    if x.shape[-1] != config["projection_dim"]:
        x = _dense(x, variables, "char_cnn/projection")
    return x


def bilm(config, variables, tokens, lengths, state=None):
    """Return one [forward, backward] output (B, T, 2P) per layer, and the final state.

    The state maps each layer's name to its (c, h) of shapes (B, D) and (B, P), as each row had them
    at its own last step.
    """
    after, outputs = {}, []
    for direction in ("forward", "backward"):
        x, turned = tokens, direction == "backward"
        for layer in range(config["num_layers"]):
            name = f"bilm/{direction}_{layer}"
            steps = reverse(x, lengths) if turned else x
            y, after[name] = projection_lstm(
                config, variables, name, steps, lengths, (state or {}).get(name)
            )
            y = reverse(y, lengths) if turned else y
            x = y + x if layer > 0 and config["use_skip_connections"] else y
            outputs.append(x)
    pairs = zip(outputs[: config["num_layers"]], outputs[config["num_layers"] :], strict=True)
    return [np.concatenate(pair, axis=-1) for pair in pairs], after


def projection_lstm(config, variables, name, x, lengths, state=None):
    """Return outputs (B, T, P), zero after each row's end, and (c, h) at the rows' ends."""
    kernel, recurrent, bias = (
        variables[f"{name}/{part}"] for part in ("kernel", "recurrent_kernel", "bias")
    )
    batch, time, width = x.shape
    c, h = state or (np.zeros((batch, config["units"]), x.dtype), np.zeros((batch, width), x.dtype))
    outputs = np.zeros_like(x)
    for t in range(time):
        gates = x[:, t] @ kernel + h @ recurrent + bias
        i, j, f, o = np.split(gates, 4, axis=-1)
        new_c = sigmoid(f + config["forget_bias"]) * c + sigmoid(i) * np.tanh(j)
        new_c = clip(new_c, config["cell_clip"])
        new_h = sigmoid(o) * np.tanh(new_c)
        if config["lstm_projection"]:
            new_h = clip(new_h @ variables[f"{name}/projection_kernel"], config["projection_clip"])
        alive = (t < np.asarray(lengths))[:, None]
        c, h = np.where(alive, new_c, c), np.where(alive, new_h, h)
        outputs[:, t] = np.where(alive, new_h, 0)
    return outputs, (c, h)


def reverse(x, lengths):
    """Reverse each row of x (B, T, …) within its own length."""
    x = x.copy()
    for row, length in zip(x, lengths, strict=True):
        row[:length] = row[:length][::-1].copy()
    return x


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def relu(x):
    return np.maximum(x, 0)


def clip(x, bound):
    return x if bound is None else np.clip(x, -bound, bound)


def _convolved(characters, kernel_and_bias, activation):
    kernel, bias = kernel_and_bias  # (width, E, n), (n,)
    windows = np.lib.stride_tricks.sliding_window_view(characters, len(kernel), axis=-2)
    positions = np.einsum("...ew,wen->...n", windows, kernel) + bias  # (…, C - width + 1, n)
    return {"relu": relu, "tanh": np.tanh}[activation](positions.max(axis=-2))


def _dense(x, variables, name):
    kernel, bias = _pair(variables, name)
    return x @ kernel + bias


def _pair(variables, name):
    return variables[f"{name}/kernel"], variables[f"{name}/bias"]
