"""The table of what `tasks` measured, beside the best baseline and what was aimed at."""

from benchmarks.pretraining_gain_report import UNTRAINED, spread

FINAL, WITH_EPOCH = "final", "final, then an epoch with ELMo"

# Set, measure: title, the best model without pre-training on the same split, the aim.
ROWS = {
    ("wikigold", "F1"): ("Wikigold, span F1", "73.4 (CRFsuite)", 78.0),
    ("wnut17", "F1"): ("WNUT-17, span F1", "18.1 (spaCy CNN)", 28.0),
    ("ud-ewt", "accuracy"): ("UD English EWT, UPOS accuracy", "93.9 (CRFsuite)", 94.8),
    ("conll2000", "F1"): ("CoNLL-2000, words only, span F1", "91.9 (CRFsuite)", 93.5),
    ("snips", "slots F1"): ("SNIPS, jointly, slot F1", "93.9 (CRFsuite)", 95.5),
    ("snips", "intent accuracy"): ("SNIPS, jointly, intent accuracy", "98.0 (TF-IDF)", 98.3),
    ("fpb-50agree", "accuracy"): ("Financial PhraseBank, accuracy", "81.0 (TF-IDF)", 83.0),
    ("fpb-50agree", "macro-F1"): ("Financial PhraseBank, macro-F1", "76.2 (TF-IDF)", 79.0),
    ("sst2", "accuracy"): ("SST-2, accuracy", "83.6 (TF-IDF)", 84.5),
    ("movie-reviews-rt", "accuracy"): ("Rotten Tomatoes, accuracy", "78.5 (NB-SVM)", 80.0),
}
NGRAMS = ", with n-grams"


def report(rows):
    """Markdown."""
    columns = "untrained | elmo_mini_en | then an epoch with ELMo | best baseline | aim"
    lines = [f"| test set, measure | {columns} |", "|---" * 6 + "|"]
    for (name, measure), (title, baseline, aim) in ROWS.items():
        own = [row for row in rows if row["set"] == name]
        has_ngrams = any(measure + NGRAMS in row["test"] for row in own)
        for more in ("", NGRAMS) if has_ngrams else ("",):
            cells = [
                spread([row["test"][measure + more] for row in own if row["elmo"] == elmo])
                for elmo in (UNTRAINED, FINAL, WITH_EPOCH)
            ]
            lines.append(f"| {title}{more} | {' | '.join(cells)} | {baseline} | {aim} |")
    return "\n".join(lines)
