"""Two texts as nodes of a graph: how they are compared, and where one answers the other."""

from typing import Any

from keras_elmo.export.attention import attention_flow, cross_attention, self_attention
from keras_elmo.export.layers import bilstm, by_sentence, dense, encode, pool
from keras_elmo.export.spans import span_scores
from keras_elmo.export.task_graph import TaskGraph, Text
from keras_elmo.runtime.pairs import OTHER, ROWS


def compared(graph: TaskGraph, task: Any) -> str:
    """What the head of an `ElmoPairTask` reads: float `(pairs, features)`."""
    texts = _sides(graph)
    x, y = (encode(graph, task, text) for text in texts)
    if task.cross_attention:
        x, y = _cross_attended(graph, task, (x, y), texts)
    pooling = task.get_layer("pooling")
    u, v = (pool(graph, *pair, pooling) for pair in zip((x, y), texts, strict=True))
    difference = graph("Abs", graph("Sub", u, v))
    both = graph("Concat", u, v, difference, graph("Mul", u, v), axis=-1)
    return dense(graph, both, task.get_layer("comparison"), "relu")


def answered(graph: TaskGraph, task: Any) -> str:
    """The scores of spans of an `ElmoQuestionAnswerer`: float `(pairs, 1 + tokens, 2)`."""
    layer = task.get_layer
    texts = passage_text, question_text = _sides(graph)
    passage, question = (encode(graph, task, text) for text in texts)
    asked_for = pool(graph, question, question_text, layer("question_pooling"))
    h, u = by_sentence(graph, passage), by_sentence(graph, question)
    mask, question_mask = _mask(graph, passage_text), _mask(graph, question_text)
    flow = attention_flow(graph, layer("attention_flow"), h, u, mask, question_mask)
    product = graph("Mul", h, graph("Unsqueeze", asked_for, graph.integers(1)))
    x = graph("Concat", flow, product, axis=-1)
    x = dense(graph, x, layer("flow_projection"), "relu")
    y = _modelled(graph, x, passage_text, layer("modelling"))
    y = self_attention(graph, layer("self_attention"), y, mask)
    x = graph("Add", x, dense(graph, y, layer("self_projection"), "relu"))
    starts = _modelled(graph, x, passage_text, layer("starts"))
    read = graph("Concat", x, starts, axis=-1)
    ends = _modelled(graph, read, passage_text, layer("ends"))
    return span_scores(graph, layer("spans"), (starts, ends, x), asked_for, mask)


def _sides(graph: TaskGraph) -> tuple[Text, Text]:
    """Both texts of each pair, of the distinct texts of a batch."""
    text = graph.text()
    return graph.rows(text, ROWS), graph.rows(text, OTHER + ROWS)


def _cross_attended(
    graph: TaskGraph, task: Any, values: tuple[str, str], texts: tuple[Text, Text]
) -> list[str]:
    projection, composition = map(task.get_layer, ("attention_projection", "composition"))
    masks = [_mask(graph, text) for text in texts]
    x, y = (by_sentence(graph, value) for value in values)
    told = [
        cross_attention(graph, x, y, *masks),
        cross_attention(graph, y, x, *reversed(masks)),
    ]
    steps = [by_sentence(graph, dense(graph, part, projection, "relu")) for part in told]
    return [bilstm(graph, *pair, composition) for pair in zip(steps, texts, strict=True)]


def _modelled(graph: TaskGraph, x: str, text: Text, layer: Any) -> str:
    return by_sentence(graph, bilstm(graph, by_sentence(graph, x), text, layer))


def _mask(graph: TaskGraph, text: Text) -> str:
    """Bool `(batch, tokens)`."""
    return graph("Transpose", graph("Squeeze", text.real, graph.integers(2)), perm=[1, 0])
