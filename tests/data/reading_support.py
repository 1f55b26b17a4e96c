"""Files written for a test and read at once."""

from keras_elmo.data import Dataset, Reading, open_examples, read_dataset


def write(path, content):
    """A file with this content, strings as UTF-8."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path, **how) -> Dataset:
    """The data set of a file."""
    return read_dataset(path, Reading(**how))


def rows(path, **how):
    """Text and label of each row."""
    data = read(path, **how)
    return list(zip(data.texts, data.labels, strict=True))


def texts(path, **how):
    """The texts of a file whose labels do not matter."""
    return [example.x for example in open_examples(path, Reading(**how), labelled=False)]
