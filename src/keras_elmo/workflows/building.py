"""A task for a data set: the right class, its labels, and word vectors beside ELMo."""

from collections import Counter
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from keras_elmo.batching.symbols import CHARACTERS, WORDS, TargetSymbols, find_characters
from keras_elmo.data.datasets import SEQ2SEQ, TAGGING, Dataset
from keras_elmo.data.joint_datasets import JOINT
from keras_elmo.data.number_datasets import PAIR_REGRESSION, REGRESSION
from keras_elmo.data.pair_datasets import PAIR
from keras_elmo.data.question_datasets import QA
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.tasks.pairs.pair_classifier import ElmoPairClassifier
from keras_elmo.tasks.pairs.pair_regressor import ElmoPairRegressor
from keras_elmo.tasks.pretrained import WordVectors, word_vector_arguments
from keras_elmo.tasks.questions.question_answerer import MAX_ANSWER_LENGTH, ElmoQuestionAnswerer
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.tagging.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.tagging.token_classifier import ElmoTokenClassifier
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.texts.text_classifier import ElmoTextClassifier
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor
from keras_elmo.text.tags import marks_spans
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.text.word_vectors import read_glove
from keras_elmo.workflows.labelled_files import check_options

_MOST_WORDS = 50_000  # with a vector


def build_task(
    dataset: Dataset,
    backbone: ElmoBackbone,
    preprocessor: ElmoPreprocessor,
    labels: Any,
    *,
    pooling: str = "max",
    ordinal: bool = False,
    cross_attention: bool = False,
    word_embedding_dim: int | None = None,
    word_vectors: WordVectors | str | PathLike[str] | None = None,
    crf: bool | None = None,
    word_shape_dim: int | None = None,
    source: str = "words",
    sequences: dict[str, Any] | None = None,
    **arguments: Any,
) -> ElmoTask:
    """The task that a data set is for.

    Args:
        dataset: its kind chooses the task, its words get word vectors.
        backbone, preprocessor: the ELMo.
        labels: the classes; of several columns by name.
        pooling: for texts, and for labels of the sentence; tags need none.
        ordinal: for texts: the labels have an order, that of numbers or of the alphabet.
        cross_attention: for pairs: each text attends to the other.
        word_embedding_dim: size of trainable word vectors beside ELMo, of the words that occur
            twice; all others share one.
        word_vectors: what they begin with, as of
            [`from_preset`][keras_elmo.tasks.task.ElmoTask.from_preset]; or a file in GloVe's text
            form, of which the words in the data set are kept.
        crf: for tags; None is a CRF where they mark spans. Their scheme is that of the data set, or
            BIO, in which they are read.
        word_shape_dim: size of vectors of the words' shapes beside ELMo.
        source: for seq2seq, `"words"` or `"characters"`.
        sequences: for seq2seq, arguments of [`ElmoSeq2Seq`][keras_elmo.tasks.sequences.seq_2_seq].
        arguments: of [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].
    """
    check_options(dataset, ordinal=ordinal, cross_attention=cross_attention)
    pair = dataset.kind in (PAIR, PAIR_REGRESSION)
    vectors = None
    if word_vectors or word_embedding_dim:
        vectors = _word_vectors(preprocessor, dataset, word_vectors, word_embedding_dim)
        if vectors:
            arguments |= word_vector_arguments(preprocessor, vectors)
        else:
            arguments["word_embedding_dim"] = word_embedding_dim
            arguments["preprocessor"] = with_word_vocabulary(preprocessor, dataset.sentences())
        preprocessor = arguments["preprocessor"]
    if word_shape_dim:
        config = preprocessor.get_config() | {"word_shapes": True}
        preprocessor = ElmoPreprocessor.from_config(config)
    arguments["word_shape_dim"] = word_shape_dim
    arguments |= {"preprocessor": preprocessor, "labels": labels}
    task: ElmoTask
    if dataset.kind == QA:
        task = _answerer(dataset, backbone, **arguments)
    elif dataset.kind == JOINT:
        task = _joint(dataset, backbone, crf, pooling=pooling, **arguments)
    elif dataset.kind == TAGGING:
        how = {"crf": "auto" if crf is None else crf, "scheme": dataset.scheme or "auto"}
        task = ElmoTokenClassifier(backbone, **how, **arguments)
    elif dataset.kind == SEQ2SEQ:
        task = _seq_2_seq(dataset, backbone, preprocessor, source, arguments | (sequences or {}))
    else:
        arguments["pooling"] = pooling
        if pair:
            arguments["cross_attention"] = cross_attention
            arguments["hidden_units"] = arguments.get("lstm_units", 128)
        if dataset.kind in (REGRESSION, PAIR_REGRESSION):
            task = (ElmoPairRegressor if pair else ElmoTextRegressor)(backbone, **arguments)
        else:
            several = isinstance(dataset.labels[0], list)
            arguments |= {"multi_label": several, "ordinal": ordinal}
            task = (ElmoPairClassifier if pair else ElmoTextClassifier)(backbone, **arguments)
    if vectors:
        task.set_word_vectors(*vectors)
    return task


def _joint(
    dataset: Dataset,
    backbone: ElmoBackbone,
    crf: bool | None,
    *,
    labels: Mapping[str, Sequence[str]],
    **arguments: Any,
) -> ElmoJointTagger:
    """A head a column; as for one column of tags, a CRF by default where they mark spans."""
    tags = [name for name, value in dataset.labels[0].items() if isinstance(value, list)]
    spans = [name for name in tags if marks_spans(labels[name])]
    return ElmoJointTagger(
        backbone,
        labels={name: labels[name] for name in tags},
        sentence_labels={name: labels[name] for name in labels if name not in tags},
        crf="auto" if crf is None else tags if crf else [],
        schemes=dict.fromkeys(spans, dataset.scheme) if dataset.scheme else "auto",
        **arguments,
    )


def _seq_2_seq(
    dataset: Dataset,
    backbone: ElmoBackbone,
    preprocessor: ElmoPreprocessor,
    source: str,
    arguments: dict[str, Any],
) -> ElmoSeq2Seq:
    """A decoder that writes at most twice as much as the longest target in training."""
    characters = None
    if source == CHARACTERS:
        characters = find_characters(preprocessor.tokenize(dataset.texts))
    task_arguments = {"source_characters": characters, **arguments}
    target = TargetSymbols([], arguments.get("target", WORDS))
    longest = max(len(target.split(text)) for text in dataset.labels)
    return ElmoSeq2Seq(backbone, max_target_length=2 * longest, **task_arguments)


def _answerer(
    dataset: Dataset, backbone: ElmoBackbone, *, labels: Sequence[str], **arguments: Any
) -> ElmoQuestionAnswerer:
    """Answers may be as long as nearly all are in the data; one size serves all BiLSTMs."""
    split = arguments["preprocessor"].tokenizer.spans
    answers = [
        passage[start:end]
        for (_, passage), spans in zip(dataset.texts, dataset.labels, strict=True)
        for start, end in spans
    ]
    lengths = [len(split(answer)) for answer in answers]
    longest = int(np.ceil(np.quantile(lengths, 0.99))) if lengths else 1
    return ElmoQuestionAnswerer(
        backbone,
        modelling_units=arguments["lstm_units"],
        max_answer_length=max(MAX_ANSWER_LENGTH, longest),
        **arguments,
    )


def _word_vectors(
    preprocessor: ElmoPreprocessor,
    dataset: Dataset,
    given: WordVectors | str | PathLike[str] | None,
    size: int | None,
) -> WordVectors | None:
    """What word vectors begin with; None is random numbers.

    Raises:
        ValueError: another size than is wanted, or a file without words of the data set.
    """
    if given is None:
        return None
    if isinstance(given, str | PathLike):
        words = _word_counts(preprocessor, dataset.sentences())
        vectors = read_glove(str(given), words.keys() - set(MARKS))
        if not vectors[0]:
            raise ValueError(
                f"{given} must hold words of the training data. Received: none of them"
            )
    else:
        vectors = given
    if size not in (None, vectors[1].shape[1]):
        raise ValueError(
            f"`word_embedding_dim` must be that of `word_vectors`, {vectors[1].shape[1]}, or left "
            f"out. Received: {size}"
        )
    return vectors


def with_word_vocabulary(
    preprocessor: ElmoPreprocessor, sentences: Sequence[Any]
) -> ElmoPreprocessor:
    """A preprocessor that also gives `word_ids`, for the lower-cased words of the training data.

    A word in another case finds its lower-cased vector. Words that occur once are unknown, as those
    will be that are only met later; so are all but the 50,000 most frequent ones.
    """
    counts = _word_counts(preprocessor, sentences)
    words = Vocabulary.from_counts(counts, _MOST_WORDS, min_count=2).tokens
    return ElmoPreprocessor.from_config(preprocessor.get_config() | {"word_vocabulary": words})


def _word_counts(preprocessor: ElmoPreprocessor, sentences: Sequence[Any]) -> Counter[str]:
    tokens = preprocessor.tokenize(sentences)
    return Counter(word.lower() for words in tokens for word in words)
