"""The drawing of the house is that of the code."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_shows_the_house_as_it_is():
    house = runpy.run_path(str(DOCS / "house.py"))
    shown = (DOCS / "house.md").read_text(encoding="utf-8")
    assert shown == house["page"](), "draw it anew: python docs/house.py"
    assert all(f"| `{room}` | " in shown for room in house["rooms"]())
