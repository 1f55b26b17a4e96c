"""What a task got wrong on labelled text, the most confident mistakes first."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from keras_elmo.batching.pair_batches import pair_rows
from keras_elmo.batching.question_batches import answer_texts, question_rows
from keras_elmo.metrics.question_answering import answer_scores
from keras_elmo.tasks.gate import read_examples
from keras_elmo.tasks.pairs.pair_task import ElmoPairTask
from keras_elmo.tasks.questions.question_answerer import ElmoQuestionAnswerer
from keras_elmo.tasks.sequences.seq_2_seq import ElmoSeq2Seq
from keras_elmo.tasks.tagging.joint_tagger import ElmoJointTagger
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.tasks.texts.text_regressor import ElmoTextRegressor
from keras_elmo.text.rows import as_rows
from keras_elmo.workflows.evaluation import gold_labels
from keras_elmo.workflows.prediction import prediction_records


def error_records(
    task: ElmoTask,
    texts: Any,
    gold: Any,
    *,
    batch_size: int = 32,
    **search: Any,
) -> list[dict[str, Any]]:
    """A record for each text with a wrong label, tag or target.

    Args:
        task: any.
        texts, gold: as `x` and `y` of the task's `fit`.
        search: for seq2seq, of `generate`.

    Returns:
        `number` (of the text, from 0), `input`, `gold`, `predicted` and `confidence`: the
        probability of the wrong label or target; of several labels or tags, that of the surest
        mistake. Of several columns `gold` and `predicted` are dicts of those that are wrong. Of
        pairs `text_a` and `text_b` for `input`. Of questions `question` and `passage` likewise, and
        `f1`; the probability is that there is an answer, or none. Of numbers all texts that are not
        exactly right, the largest `error` (predicted less gold) first.
    """
    if isinstance(task, ElmoQuestionAnswerer):
        return _wrong_answers(task, question_rows(texts), gold, batch_size)
    texts = list(pair_rows(texts) if isinstance(task, ElmoPairTask) else as_rows(texts, "texts"))
    examples = read_examples(task, texts, gold)
    gold = gold_labels(task, examples)
    if isinstance(task, ElmoTextRegressor):
        return _errors_of_numbers(task, texts, gold, batch_size)
    found = []
    if isinstance(task, ElmoSeq2Seq):  # as the model would write them
        gold = [task.symbols.join(task.symbols.split(target)) for target in gold]
    records = prediction_records(task, texts, batch_size=batch_size, **search)
    judge = _mistakes if isinstance(task, ElmoJointTagger) else _mistake
    for number, (record, wanted) in enumerate(zip(records, gold, strict=True)):
        wanted, predicted, confidence = judge(record, wanted)
        if confidence is not None:
            shown = {"gold": wanted, "predicted": predicted, "confidence": round(confidence, 6)}
            found.append({"number": number} | _input(record) | shown)
    return sorted(found, key=lambda error: -error["confidence"])


def _input(record: dict[str, Any]) -> dict[str, Any]:
    """What was read, of a prediction's record."""
    if "text_a" in record:
        return {name: record[name] for name in ("text_a", "text_b")}
    return {"input": record.get("text", record.get("tokens"))}


def _wrong_answers(
    task: ElmoQuestionAnswerer, pairs: Sequence[Any], gold: Sequence[Any], batch_size: int
) -> list[dict[str, Any]]:
    """As `error_records`, with the F1 of each answer; right is what matches exactly."""
    examples, found = read_examples(task, pairs, gold), []
    wanted = answer_texts(examples.x, examples.y)
    predictions = task.predict(examples.x, batch_size=batch_size, n_best=1)
    scores = answer_scores(wanted, [prediction.answer for prediction in predictions])
    for number, (prediction, (exact, f1)) in enumerate(zip(predictions, scores, strict=True)):
        if exact:
            continue
        given = pairs[number]
        question = given["question"] if isinstance(given, Mapping) else given[0]
        passage = examples.x[number].text
        silent = prediction.no_answer_probability
        confidence = round(1.0 - silent if prediction.answer else silent, 6)
        shown = {"number": number, "question": question, "passage": passage}
        shown |= {"gold": wanted[number], "predicted": prediction.answer, "f1": round(f1, 6)}
        found.append(shown | {"confidence": confidence})
    return sorted(found, key=lambda error: -error["confidence"])


def _errors_of_numbers(
    task: ElmoTextRegressor, texts: Sequence[Any], gold: Sequence[float], batch_size: int
) -> list[dict[str, Any]]:
    found = []
    records = prediction_records(task, texts, batch_size=batch_size)
    for number, (record, wanted) in enumerate(zip(records, gold, strict=True)):
        value = record["value"]
        shown = {"gold": wanted, "predicted": value, "error": value - wanted}
        if value != wanted:
            found.append({"number": number} | _input(record) | shown)
    return sorted(found, key=lambda error: -abs(error["error"]))


def _mistakes(
    record: dict[str, Any], gold: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], float | None]:
    """As `_mistake`, of several columns: those that are wrong."""
    found = {name: _mistake(record[name], wanted) for name, wanted in gold.items()}
    wrong = {name: part for name, part in found.items() if part[2] is not None}
    confidence = max((part[2] for part in wrong.values() if part[2] is not None), default=None)
    wanted, predicted = ({name: part[i] for name, part in wrong.items()} for i in (0, 1))
    return wanted, predicted, confidence


def _mistake(record: dict[str, Any], gold: Any) -> tuple[Any, Any, float | None]:
    """What is right, what was predicted, how sure the surest mistake is; None where is none."""
    if "candidates" in record:
        predicted, [best, *_] = record["prediction"], record["candidates"]
        share = math.exp(best["log_probability"])
        return gold, predicted, None if predicted == gold else share
    if "tags" in record:
        rows = zip(record["tags"], gold, record["probabilities"], strict=True)
        wrong = [share for tag, wanted, share in rows if wanted not in (None, tag)]
        return gold, record["tags"], max(wrong, default=None)
    if "labels" in record:
        predicted, wanted, shares = record["labels"], set(gold), record["probabilities"]
        wrong = [shares[label] for label in predicted if label not in wanted]
        wrong += [1.0 - shares[label] for label in wanted if label not in predicted]
        return gold, predicted, max(wrong, default=None)
    label = record["label"]
    share = record["probability"] if "probability" in record else record["probabilities"][label]
    return gold, label, None if label == gold else share
