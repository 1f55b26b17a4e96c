"""Predictions for people: labels with bars, entities in colour or in brackets."""

from typing import Any

from rich.text import Text

_COLORS = ("cyan", "magenta", "green", "yellow", "blue", "red")
_SHOWN = 3  # classes with their probabilities
_BAR = 20  # characters of a probability of 1
_READ = ("text", "text_a", "text_b")  # what was read, in a record


class Pretty:
    """Renders the records of a task; each type of entity keeps its colour.

    Args:
        view: what the task says that its records are shown as; any other name shows all fields.
        styled: whether colours and bold are shown; without them what was found stands in brackets
            or behind a `*`.
    """

    def __init__(self, view: str, *, styled: bool = True) -> None:
        self._styled = styled
        self._colors: dict[str, str] = {}
        views = {
            "classes": self._classes,
            "value": self._value,
            "tags": self._tags,
            "columns": self._columns,
            "candidates": self._candidates,
            "answer": self._answer,
        }
        self._shown = views.get(view, self._fields)

    def render(self, record: dict[str, Any]) -> Text:
        """A record as coloured text, ending in a blank line."""
        return self._shown(record).append("\n")

    def _color(self, name: str) -> str:
        return self._colors.setdefault(name, _COLORS[len(self._colors) % len(_COLORS)])

    def _found(self, text: str, style: str) -> Text:
        """What was found in a text, marked."""
        return Text(text, style) if self._styled else Text(f"[{text}]")

    def _fields(self, record: dict[str, Any]) -> Text:
        """The text, and below it all that is said of it."""
        shown = Text("".join(f"{text}\n" for text in _texts(record)))
        for name, value in record.items():
            if name not in _READ:
                shown.append(f"  {name}: ", style="dim")
                shown.append(f"{value:.5g}\n" if isinstance(value, float) else f"{value}\n")
        return shown

    def _entities(self, record: dict[str, Any]) -> Text:
        """The sentence with its entities marked, each followed by its type and probability."""
        text = record.get("text")
        if isinstance(text, str):
            places = [(e["start_char"], e["end_char"], e) for e in record["entities"]]
        else:
            text, starts, ends = " ".join(record["tokens"]), [], []
            for token in record["tokens"]:
                starts.append(ends[-1] + 1 if ends else 0)
                ends.append(starts[-1] + len(token))
            places = [(starts[e["start"]], ends[e["end"] - 1], e) for e in record["entities"]]
        shown, done = Text(), 0
        for begin, end, entity in places:
            color = self._color(entity["type"])
            shown.append(text[done:begin])
            shown.append(self._found(text[begin:end], f"bold {color}"))
            shown.append(f" [{entity['type']} {entity['confidence']:.0%}]", style=f"dim {color}")
            done = end
        return shown.append(f"{text[done:]}\n")

    def _answer(self, record: dict[str, Any]) -> Text:
        """The question, and the passage with the answer marked; then how sure that is."""
        passage, silent = record["passage"], record["no_answer_probability"]
        shown = Text(f"{record['question']}\n", style="bold")
        if not record["answer"]:
            return shown.append(f"{passage}\n").append(f"no answer {silent:.0%}\n", style="red")
        best = record["spans"][0]
        shown.append(passage[: best["start"]], style="dim")
        answer = passage[best["start"] : best["end"]]
        shown.append(self._found(answer, "bold reverse green"))
        shown.append(f"{passage[best['end'] :]}\n", style="dim")
        shares = f"this answer {best['probability']:.0%}, any answer {1.0 - silent:.0%}\n"
        return shown.append(shares, style="green")

    def _tags(self, record: dict[str, Any]) -> Text:
        if "entities" in record:
            return self._entities(record)
        shown = Text()
        for token, tag in zip(record["tokens"], record["tags"], strict=True):
            shown.append(token).append(f"/{tag} ", style=self._color(tag))
        return shown.append("\n")

    def _classes(self, record: dict[str, Any]) -> Text:
        """The text, and a bar for each of the most probable classes."""
        chosen = record.get("labels", [record.get("label")])
        shown = Text("".join(f"{text}\n" for text in _texts(record)))
        ranked = sorted(record["probabilities"].items(), key=lambda item: -item[1])
        width = max(len(name) for name, _ in ranked[:_SHOWN])
        for name, share in ranked[:_SHOWN]:
            style = f"bold {self._color(name)}" if name in chosen else "dim"
            mark = "  " if self._styled or name not in chosen else "* "
            shown.append(f"{mark}{name:<{width}} {share:6.1%} ", style=style)
            shown.append("█" * round(_BAR * share) + "\n", style=style)
        return shown

    def _value(self, record: dict[str, Any]) -> Text:
        """The number before its text, so that numbers stand below each other."""
        shown = Text(f"{record['value']:>12.5g}  ", style="bold green")
        return shown.append(f"\n{' ' * 14}".join(_texts(record)) + "\n", "default")

    def _candidates(self, record: dict[str, Any]) -> Text:
        """The source, and its targets with their log-probabilities, the best one first."""
        shown = Text(f"{_texts(record)[0]}\n")
        for rank, candidate in enumerate(record["candidates"]):
            shown.append(f"  {candidate['text']}", style="dim" if rank else "bold green")
            shown.append(f" [{candidate['log_probability']:.2f}]\n", style="dim")
        return shown

    def _columns(self, record: dict[str, Any]) -> Text:
        shown = Text()
        for name, found in record.items():
            if isinstance(found, dict) and "label" in found:
                shown.append(f"{name}: {found['label']} ", style=f"bold {self._color(name)}")
                shown.append(f"{found['probability']:.0%}\n", style="dim")
        for name, found in record.items():
            if isinstance(found, dict) and _are_tags(found):
                own = {"text": record.get("text"), "tokens": record["tokens"], **found}
                shown.append(f"{name}: ", style="dim")
                shown.append(self._tags(own))
        return shown


def _are_tags(column: dict[str, Any]) -> bool:
    return isinstance(column.get("tags"), list)


def _texts(record: dict[str, Any]) -> list[str]:
    """The text that was read, or both of a pair."""
    texts = [record[name] for name in _READ if name in record]
    return [text if isinstance(text, str) else " ".join(text) for text in texts]
