"""A task for a data set: the class for its kind, and word vectors beside ELMo."""

from collections import Counter
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from keras_elmo.data.datasets import Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.tasks.pretrained import WordVectors, with_word_shapes, word_vector_arguments
from keras_elmo.tasks.registry import class_for
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.vocabulary import MARKS, Vocabulary
from keras_elmo.text.word_vectors import read_word_vectors
from keras_elmo.workflows.labelled_files import check_options

_MOST_WORDS = 50_000  # with a vector


def build_task(
    dataset: Dataset,
    backbone: ElmoBackbone,
    preprocessor: ElmoPreprocessor,
    labels: Any,
    *,
    choices: Mapping[str, Any] | None = None,
    word_embedding_dim: int | None = None,
    word_vectors: WordVectors | str | PathLike[str] | None = None,
    word_shape_dim: int | None = None,
    **arguments: Any,
) -> ElmoTask:
    """The task that a data set is for.

    Args:
        dataset: its kind chooses the task, its words get word vectors.
        backbone, preprocessor: the ELMo.
        labels: the classes; of several columns by name.
        choices: options of `keras-elmo train`, by their names: each task takes those that it knows,
            such as `mix` or `pooling`.
        word_embedding_dim: size of trainable word vectors beside ELMo, of the words that occur
            twice; all others share one.
        word_vectors: what they begin with, as of
            [`from_preset`][keras_elmo.tasks.task.ElmoTask.from_preset]; or a file, as of
            [`read_word_vectors`][keras_elmo.text.word_vectors.read_word_vectors], of which the
            words in the data set are kept.
        word_shape_dim: size of vectors of the words' shapes beside ELMo; 0 is none, None what is
            usual for the task.
        arguments: of [`ElmoTask`][keras_elmo.tasks.task.ElmoTask].
    """
    choices = choices or {}
    wanted = {name: choices.get(name, False) for name in ("ordinal", "cross_attention")}
    check_options(dataset, **wanted)
    task_class: type[ElmoTask] = class_for(dataset.kind)
    if word_shape_dim is None:
        word_shape_dim = task_class.shape_dim
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
        preprocessor = with_word_shapes(preprocessor)
    arguments |= {"preprocessor": preprocessor, "labels": labels}
    arguments["word_shape_dim"] = word_shape_dim or None
    task = task_class.for_dataset(dataset, backbone, **task_class.known(choices) | arguments)
    if vectors:
        task.set_word_vectors(*vectors)
    return task


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
        vectors = read_word_vectors(str(given), words.keys() - set(MARKS))
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
