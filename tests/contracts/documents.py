"""The documents people read, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
import re
import textwrap

from .reading import ROOT, name_of, text

PAGES = (
    *(ROOT / name for name in ("README.md", "info.md", "CONTRIBUTING.md", "CHANGELOG.md", "simulator/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: Path
    number: int
    """Of its first line in the page."""
    language: str
    body: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.number}"


@cache
def blocks(*languages: str) -> tuple[Block, ...]:
    """Return every block in one of the languages; all without one."""
    return tuple(one for page in PAGES for one in _blocks(page) if not languages or one.language in languages)


def _blocks(page: Path) -> Iterator[Block]:
    content = text(page)
    for found in FENCE.finditer(content):
        number = content.count("\n", 0, found.start()) + 1
        yield Block(page, number, found["language"], textwrap.dedent(found["body"]))


def prose(page: Path) -> str:
    """Return a page without its blocks."""
    return FENCE.sub("", text(page))


COMPOSE = tuple(block for block in blocks("yaml") if re.search("^services:", block.body, re.MULTILINE))
CARDS = tuple(block for block in blocks("yaml") if "custom:plex-steward" in block.body)
EXAMPLES = tuple(block for block in blocks("yaml") if block not in {*COMPOSE, *CARDS})
"""Automations and actions."""
