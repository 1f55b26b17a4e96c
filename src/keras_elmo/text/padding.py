"""The common length of a batch of token lists."""

from collections.abc import Sequence


def padded_length(sentences: Sequence[Sequence[str]], length: int | None) -> int:
    """The number of time steps of a batch: `length`, or else the longest sentence.

    Raises:
        ValueError: a string where a list of tokens belongs, or a negative length.
    """
    if isinstance(sentences, str) or any(isinstance(sentence, str) for sentence in sentences):
        raise ValueError(
            "sentences must be lists of tokens, one list a sentence. Received: a string. "
            'Split it first, e.g. with `get_tokenizer("words")`.'
        )
    if length is None:
        return max(map(len, sentences), default=0)
    if length < 0:
        raise ValueError(f"length must be None or at least 0. Received: length={length}")
    return length
