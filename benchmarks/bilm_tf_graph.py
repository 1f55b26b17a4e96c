"""bilm-tf's training graph as simple_elmo carries it: trains on the windows it is handed.

Started by `benchmarks.pretraining_speed` in a Python of its own. Every line on standard input is
one step on `window.npz` in the folder; the answer is the loss and the seconds it took.
"""

import sys
import time

import numpy as np
import tensorflow as tf
from simple_elmo.training import LanguageModel, clip_grads

FOLDER, UNITS = sys.argv[1], int(sys.argv[2])
OPTIONS = {
    "bidirectional": True,
    "batch_size": 64,
    "unroll_steps": 20,
    "n_tokens_vocab": 30_000,
    "n_negative_samples_batch": 4_096,
    "dropout": 0.0,
    "all_clip_norm_val": 10.0,
    "lstm": {
        "dim": UNITS,
        "projection_dim": 128,
        "n_layers": 2,
        "cell_clip": 3,
        "proj_clip": 3,
        "use_skip_connections": True,
    },
    "char_cnn": {
        "activation": "relu",
        "embedding": {"dim": 16},
        "filters": [[1, 32], [2, 32], [3, 64], [4, 128], [5, 256]],
        "max_characters_per_token": 50,
        "n_characters": 261,
        "n_highway": 1,
    },
}


def main():
    tf.compat.v1.disable_eager_execution()
    with tf.compat.v1.variable_scope("lm"):
        model = LanguageModel(OPTIONS, is_training=True)
    optimizer = tf.compat.v1.train.AdagradOptimizer(0.2, initial_accumulator_value=1.0)
    step = tf.compat.v1.train.get_or_create_global_step()
    gradients = optimizer.compute_gradients(model.total_loss)
    gradients, _ = clip_grads(gradients, OPTIONS, False, step)
    train = optimizer.apply_gradients(gradients, global_step=step)
    # The state goes from batch to batch, as in its training loop.
    state_in = tf.nest.flatten(model.init_lstm_state)
    state_out = tf.nest.flatten(model.final_lstm_state)
    with tf.compat.v1.Session() as session:
        session.run(tf.compat.v1.global_variables_initializer())
        state = [np.zeros(tensor.shape, np.float32) for tensor in state_in]
        for _ in sys.stdin:
            window = np.load(f"{FOLDER}/window.npz")
            feed = dict(zip(state_in, state, strict=True))
            feed[model.tokens_characters] = window["forward"]
            feed[model.tokens_characters_reverse] = window["backward"]
            feed[model.next_token_id] = window["next"]
            feed[model.next_token_id_reverse] = window["previous"]
            begin = time.perf_counter()
            loss, state, _ = session.run([model.total_loss, state_out, train], feed)
            print(float(loss), time.perf_counter() - begin, flush=True)


if __name__ == "__main__":
    main()
