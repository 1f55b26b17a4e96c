"""simple_elmo: bilm-tf's graph under TensorFlow 2, which is also the graph of TF-Hub's ELMo.

pip install simple_elmo tensorflow tf_keras
"""

import os
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"

from answers import BATCH, batches, serve


def load():
    import tensorflow as tf
    from simple_elmo import ElmoModel
    from simple_elmo.elmo import weight_layers

    model = ElmoModel()
    model.logger.setLevel("ERROR")
    model.load(sys.argv[1], max_batch_size=BATCH)
    # One session for all calls: without it every call would load the weights once more.
    session = tf.compat.v1.Session()
    with session.as_default():
        found = weight_layers("input", model.sentence_embeddings_op, use_layers="all")
        model.elmo_sentence_input = found
        session.run(tf.compat.v1.global_variables_initializer())

    def embed(sentences):
        for batch in batches(sentences):
            vectors = model.get_elmo_vectors(batch, warmup=False, layers="all", session=session)
            for sentence, found in zip(batch, vectors, strict=True):
                yield found[:, : len(sentence)].swapaxes(0, 1)

    return embed


if __name__ == "__main__":
    serve(sys.argv[1], ["simple_elmo", "tensorflow"], load)
