"""Draw the house from its imports: `python docs/house.py` writes the generated part of house.md.

`tests/test_house.py` fails where the page and the code differ.
"""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "src" / "keras_elmo"
PAGE = DOCS / "house.md"
BEGIN, END = "<!-- begin: python docs/house.py -->\n", "<!-- end -->\n"


def rooms() -> dict[str, list[Path]]:
    """Return the rooms with their modules."""
    folders = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
    return {folder.name: sorted(folder.rglob("*.py")) for folder in folders}


def imported_rooms(modules: list[Path]) -> set[str]:
    """Return the rooms that modules import from, anywhere in their text."""
    found = set()
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            name = node.module if isinstance(node, ast.ImportFrom) else None
            if name and name.startswith("keras_elmo.") and not name.startswith("keras_elmo._"):
                found.add(name.split(".")[1])
    return found


def below(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return all rooms that each one stands on, from the lowest room to the highest."""
    found: dict[str, set[str]] = {}
    for room in TopologicalSorter(arrows).static_order():
        found[room] = arrows[room].union(*(found[name] for name in arrows[room]))
    return dict(sorted(found.items(), key=lambda item: (len(item[1]), item[0])))


def sentence(room: str) -> str:
    """Return the first paragraph of a room's docstring."""
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def drawing() -> str:
    """Return the diagram and the table."""
    modules = rooms()
    arrows = {room: imported_rooms(files) - {room} for room, files in modules.items()}
    reached = below(arrows)
    order = list(reached)[::-1]
    lines = ["```mermaid", "flowchart TD"]
    for room in order:
        far = set().union(*(reached[name] for name in arrows[room]))  # by a longer way, too
        lines += [f"    {room} --> {name}" for name in sorted(arrows[room] - far)]
    lines += ["```", "", "| room | what it is |", "|---|---|"]
    lines += [f"| `{room}` | {sentence(room)} |" for room in order]
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return the page with the drawing of now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + drawing() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
