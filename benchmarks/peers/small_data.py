"""What a user would pick instead on few sentences: TF-IDF and logistic regression, or CRFsuite.

    pip install scikit-learn python-crfsuite
    python -m benchmarks.peers.small_data DATA -o defaults.jsonl

Both are tuned on the development rows of `benchmarks.defaults`, whose rows and file they share, so
that its report shows them beside the settings of `train`.
"""

import argparse
import re
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pycrfsuite
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

from benchmarks.defaults import SIZES, data_of, key, read_parts, training_of
from benchmarks.pretraining_gain import SETS
from benchmarks.pretraining_gain_plan import do_all, read_rows
from keras_elmo.metrics.classification import classification_report
from keras_elmo.metrics.spans import span_f1
from keras_elmo.text.tags import marks_spans

TF_IDF, CRF = "TF-IDF + LR", "CRFsuite"
STRENGTHS = (0.3, 1, 3, 10, 30, 100)  # C
PENALTIES = ((0.0, 1.0), (0.0, 0.1), (0.1, 0.1), (0.1, 0.01), (1.0, 0.01))  # L1, L2
ITERATIONS = 100


def tf_idf(data, dev, test):
    """Accuracy on the whole development set and on the test set."""
    train, few = data.rows, data.held_out

    def fit(strength):
        words = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)
        parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        solver = LogisticRegression(C=strength, max_iter=3000, tol=1e-6)
        return make_pipeline(make_union(words, parts), solver).fit(train.texts, train.labels)

    def accuracy(model, part):
        found = model.predict(part.texts).tolist()
        return classification_report(part.labels, found, data.labels)["accuracy"]

    models = [fit(strength) for strength in STRENGTHS]
    best = max(models, key=lambda model: accuracy(model, few))
    return "accuracy", accuracy(best, dev), accuracy(best, test)


def crfsuite(data, dev, test):
    """Strict span F1, or accuracy of tags that mark no spans."""
    spans = marks_spans(data.labels)
    encoded = [pycrfsuite.ItemSequence(features(words)) for words in data.rows.texts]

    def fit(penalty):
        trainer = pycrfsuite.Trainer(verbose=False)
        for x, y in zip(encoded, data.rows.labels, strict=True):
            trainer.append(x, y)
        trainer.set_params({"c1": penalty[0], "c2": penalty[1], "max_iterations": ITERATIONS})
        tagger = pycrfsuite.Tagger()
        with TemporaryDirectory() as folder:
            trainer.train(f"{folder}/model")
            tagger.open(f"{folder}/model")
        return tagger

    def score(tagger, part):
        found = [tagger.tag(pycrfsuite.ItemSequence(features(words))) for words in part.texts]
        if spans:
            return span_f1(part.labels, found, strict=True)["f1"]
        pairs = [x for two in zip(part.labels, found, strict=True) for x in zip(*two, strict=True)]
        return sum(a == b for a, b in pairs) / len(pairs)

    taggers = [fit(penalty) for penalty in PENALTIES]
    best = max(taggers, key=lambda tagger: score(tagger, data.held_out))
    return "f1" if spans else "accuracy", score(best, dev), score(best, test)


def features(words):
    """Of each word what it and two neighbours on either side look like."""
    own = [dict(of_word(word)) for word in words]
    rows = []
    for i in range(len(words)):
        row = dict(own[i])
        for step in (-2, -1, 1, 2):
            j = i + step
            if not 0 <= j < len(words):
                row[f"{step}:end"] = "yes"
                continue
            for name in ("word", "shape", "suffix3", "title"):
                row[f"{step}:{name}"] = own[j][name]
        row["pair"] = " ".join(word.lower() for word in words[max(i - 1, 0) : i + 1])
        rows.append(row)
    return rows


def of_word(word):
    yield "word", word.lower()
    yield "shape", shape(word)
    yield "title", str(word.istitle())
    for length in (1, 2, 3, 4):
        yield f"prefix{length}", word[:length].lower()
        yield f"suffix{length}", word[-length:].lower()


def shape(word):
    for pattern, sign in (("[A-Z]+", "X"), ("[a-z]+", "x"), ("[0-9]+", "9")):
        word = re.sub(pattern, sign, word)
    return word


def do(row, folder):
    run = training_of(folder, row["options"])[0]
    data, dev, test = data_of(run, read_parts(folder), row["size"], row["seed"])
    peer = tf_idf if row["setting"] == TF_IDF else crfsuite
    measure, on_dev, on_test = peer(data, dev, test)
    scores = {"dev": round(100 * on_dev, 3), "test": round(100 * on_test, 3)}
    return row | {"measure": measure, **scores, "examples": len(data.rows)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with splits/NAME in it")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--sizes", default=",".join(SIZES[:3]))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON Lines, appended to")
    arguments = parser.parse_args()
    splits, sizes = arguments.data / "splits", arguments.sizes.split(",")
    sets = arguments.sets.split(",")
    lengths = {name: len(read_parts(splits / name)[0]) for name in sets}
    done = [row for row in read_rows(arguments.output) if row["setting"] in (TF_IDF, CRF)]
    known = {(row["setting"], *key(row)) for row in done}
    runs = []
    for name, size, seed in product(sets, sizes, range(arguments.seeds)):
        setting = TF_IDF if (splits / name / "train.tsv").exists() else CRF
        row = {"setting": setting, "options": "", "set": name, "size": size, "seed": seed}
        if (size == SIZES[-1] or int(size) < lengths[name]) and (setting, *key(row)) not in known:
            runs.append(row)
    do_all(runs, lambda row: do(row, splits / row["set"]), arguments.output)


if __name__ == "__main__":
    main()
