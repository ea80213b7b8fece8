"""The code in docs/recipes.md."""

import re
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "recipes.md"


def code(language: str, heading: str = "") -> str:
    """All code in one language on the page, or under one of its headings."""
    page = _PAGE.read_text()
    if heading:
        page = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL))
