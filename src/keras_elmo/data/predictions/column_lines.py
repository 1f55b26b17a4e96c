"""Sentences as the text of files in columns: CoNLL and CoNLL-U."""

import re
from collections.abc import Mapping, Sequence

# https://universaldependencies.org/format.html
CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")


def conll_lines(tokens: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
    """A sentence in columns with tabs between them and a blank line behind it.

    Raises:
        ValueError: a value that is empty or holds a tab or a line end.
    """
    rows = zip(tokens, *columns, strict=True)
    return "".join("\t".join(map(_writable, row)) + "\n" for row in rows) + "\n"


def conllu_lines(
    tokens: Sequence[str],
    columns: Mapping[str, Sequence[str]],
    metadata: Mapping[str, str] | None = None,
) -> str:
    """A sentence in CoNLL-U.

    Args:
        tokens: the words of the sentence.
        columns: the name of a field, such as `"UPOS"`, or a key in MISC → a tag for each word.
        metadata: comments above it.

    Raises:
        ValueError: a value that is empty or holds a tab, a line end, or in MISC a `|`.
    """
    lines = [f"# {key} = {_writable(value)}" for key, value in (metadata or {}).items()]
    for i, token in enumerate(tokens):
        fields = dict.fromkeys(CONLLU, "_") | {"ID": str(i + 1), "FORM": token}
        fields |= {name: tags[i] for name, tags in columns.items() if name in CONLLU}
        extra = {name: tags[i] for name, tags in columns.items() if name not in CONLLU}
        if any("|" in value for value in extra.values()):
            raise ValueError(f"a value in MISC must hold no '|'. Received: {extra}")
        if extra:
            fields["MISC"] = "|".join(f"{name}={_writable(tag)}" for name, tag in extra.items())
        lines.append("\t".join(map(_writable, fields.values())))
    return "\n".join(lines) + "\n\n"


def _writable(value: str) -> str:
    if not value or re.search(r"[\t\n\r]", value):
        raise ValueError(f"a value must be without tabs and line ends. Received: {value!r}")
    return value
