"""The measures of a pre-training: held-out perplexity, a linear probe, the health of features."""

from collections.abc import Mapping, Sequence
from os import PathLike

import numpy as np
from keras import ops

from keras_elmo.data.datasets import CLASSIFICATION
from keras_elmo.data.examples import read_dataset
from keras_elmo.data.reading import Reading
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.sentence_score import perplexities
from keras_elmo.embedding.embedder import ElmoEmbedder
from keras_elmo.pretraining.batches import TypeCharacters, full_softmax_batches
from keras_elmo.pretraining.corpus import UNK, Corpus, read_corpus
from keras_elmo.pretraining.text_findings import shared_sentences

_SAMPLE = 200  # sentences that are enough to judge the features


def perplexity(
    model: ElmoLanguageModel, corpus: Corpus, characters: TypeCharacters | None = None
) -> dict[str, float]:
    """Perplexity of a corpus under the full softmax.

    Every word and the `</S>` of each sentence is predicted forwards, every word and `<S>`
    backwards; a sentence starts from zero state. Words outside the vocabulary count as `<UNK>`.

    Returns:
        See [`perplexities`][keras_elmo.elmo.sentence_score.perplexities].

    Raises:
        ValueError: a word-input model.
    """
    if model.backbone.config.vocabulary_size is not None:
        raise ValueError(
            "`model` must have character input. Received: a word-input model. Its sums over a text "
            "come from `keras-elmo score`, in Python from `ElmoWordPredictor.score`."
        )
    if characters is None:
        characters = TypeCharacters.of_model(corpus.types, model.backbone)
    total, count = np.zeros(2), 0
    for batch in full_softmax_batches(corpus, characters, model.vocabulary_size):
        losses = ops.convert_to_numpy(model.predict_on_batch(batch))  # (2, batch, time)
        total += losses.sum(axis=(1, 2))
        count += losses[0].size
    tokens = np.asarray(corpus.tokens)
    code_points = np.array([len(word) + 1 for word in corpus.types])[tokens].sum()
    unknown = np.mean((tokens >= model.vocabulary_size) | (tokens == UNK))
    return perplexities(total, count, int(code_points), float(unknown), len(tokens))


def health(embedder: ElmoEmbedder, sentences: Sequence[Sequence[str]]) -> dict[str, float]:
    """Standard deviation and effective rank of each layer, share of LSTM outputs at the clip.

    Args:
        embedder: the embedder of the ELMo; the same one for all evaluations of a run, since each
            costs graphs.
        sentences: some tokens of each.

    Returns:
        `std_0` …; `rank_0` …, over the first occurrence of each word; and, for LSTM layers,
        `clipped_1` … as shares between 0 and 1.
    """
    x = np.concatenate(embedder.embed(sentences))  # (tokens, layers + 1, 2P)
    _, first = np.unique([word for words in sentences for word in words], return_index=True)
    result = {f"std_{layer}": float(x[:, layer].std()) for layer in range(x.shape[1])}
    result |= {f"rank_{layer}": effective_rank(x[first, layer]) for layer in range(x.shape[1])}
    config = embedder.engine.config
    if not config["projection_clip"]:
        return result
    bound = config["projection_clip"] * (1 - 1e-4)
    for layer in range(1, x.shape[1]):
        residual = x[:, layer - 1] if layer > 1 and config["use_skip_connections"] else 0.0
        result[f"clipped_{layer}"] = float(np.mean(np.abs(x[:, layer] - residual) >= bound))
    return result


def effective_rank(vectors: np.ndarray) -> float:
    r"""The number of directions in which vectors differ: $\exp H(p)$ with $p_i \propto \sigma_i^2$.

    A falling loss hides when all words move along a few directions. After Roy and Vetterli (2007),
    with squared singular values of the centred vectors, so that it is about their variance.

    Args:
        vectors: float `(words, features)`.

    Returns:
        Between 1 and the number of features.
    """
    centred = np.asarray(vectors, dtype=np.float64) - np.mean(vectors, axis=0)
    share = np.linalg.svd(centred, compute_uv=False) ** 2
    share = share[share > 0] / share.sum()
    return float(np.exp(-np.sum(share * np.log(share))))


def linear_probe(
    embedder: ElmoEmbedder, sentences: Sequence[Sequence[str]], labels: Sequence[str]
) -> float:
    """Test accuracy of a ridge classifier on averaged features; the last third is the test set.

    A sentence is the mean over its tokens of all layers side by side, standardised. Cheap enough
    to run every few minutes, and not fooled by a falling loss.

    Returns:
        Accuracy between 0 and 1.
    """
    means = [rows.mean(axis=0).ravel() for rows in embedder.embed(sentences)]
    x = np.asarray(means, dtype=np.float64)  # (sentences, (layers + 1) * 2P)
    classes, y = np.unique(labels, return_inverse=True)
    cut = 2 * len(x) // 3
    x = (x - x[:cut].mean(axis=0)) / (x[:cut].std(axis=0) + 1e-6)
    x = np.pad(x, ((0, 0), (0, 1)), constant_values=1.0)
    gram = x[:cut].T @ x[:cut] + cut / 10 * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x[:cut].T @ (2.0 * np.eye(len(classes))[y[:cut]] - 1.0))
    return float(np.mean((x[cut:] @ weights).argmax(axis=1) == y[cut:]))


class RunMeasures:
    """Measures a language model; reads its files once, so that bad ones are found at the start.

    Args:
        corpus: the text that the model is trained on.
        heldout: file with the text for the perplexity, one sentence a line.
        probe: file with labelled sentences for the linear probe, TSV with label and text.

    Attributes:
        overlap: share of the held-out sentences that `corpus` has too; see `shared_sentences`.

    Example:
        >>> pretrain(corpus, config, settings, folder, evaluate=RunMeasures(corpus, "heldout.txt"))
    """

    def __init__(
        self,
        corpus: Corpus,
        heldout: str | PathLike[str] | None = None,
        probe: str | PathLike[str] | None = None,
    ):
        self._heldout, self._probe, self.overlap = None, None, 0.0
        self._sample = _first_sentences(corpus)
        self._characters: TypeCharacters | None = None
        self._embedder: ElmoEmbedder | None = None
        self._backbone: ElmoBackbone | None = None
        if heldout:
            self._heldout = read_corpus(heldout, corpus.types)
            self._sample = _first_sentences(self._heldout)
            self.overlap = shared_sentences(self._heldout, corpus)
        if probe:
            how = Reading(file_format="tsv", text="1", label="0", task=CLASSIFICATION)
            rows = read_dataset(str(probe), how)
            self._probe = [text.split() for text in rows.texts], rows.labels

    def __call__(self, model: ElmoLanguageModel) -> dict[str, float]:
        """Measure perplexity and the probe, as far as there are files, and the `health`."""
        row: dict[str, float] = {}
        if self._heldout:
            if self._characters is None:
                self._characters = TypeCharacters.of_model(self._heldout.types, model.backbone)
            measured = perplexity(model, self._heldout, self._characters)
            row |= {name: measured[name] for name in ("perplexity", "unknown")}
        embedder = self._embedder_of(model.backbone)
        if self._probe:
            row["probe"] = linear_probe(embedder, *self._probe)
        return row | health(embedder, self._sample)

    def _embedder_of(self, backbone: ElmoBackbone) -> ElmoEmbedder:
        """One for all evaluations of a run: graphs made anew each time would fill the memory."""
        if self._embedder is None or self._backbone is not backbone:
            self._embedder, self._backbone = ElmoEmbedder(backbone), backbone
        return self._embedder


def text_perplexities(
    model: ElmoLanguageModel, words: Sequence[str], texts: Mapping[str, str | PathLike[str]]
) -> dict[str, dict[str, float]]:
    """The `perplexity` of each text, by name; `words` are those of the softmax."""
    return {name: perplexity(model, read_corpus(path, words)) for name, path in texts.items()}


def _first_sentences(corpus: Corpus) -> list[list[str]]:
    borders = zip(corpus.offsets[:_SAMPLE], corpus.offsets[1 : _SAMPLE + 1], strict=False)
    tokens = np.asarray(corpus.tokens)
    return [[corpus.types[i] for i in tokens[start:end]] for start, end in borders]
