"""Names from real life, in `data/real_names.txt`: the folder and its files, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from custom_components.plex_steward.mirror.model import Layout, Options
from custom_components.plex_steward.mirror.plan import plan

from .trees import EMPTY, mirrored, nested, tree

FILE = Path(__file__).parent / "data" / "real_names.txt"


class Block(NamedTuple):
    """One folder of the table."""

    source: Layout
    target: Layout
    folder: str
    new_folder: str
    files: dict[str, str]


def read() -> list[Block]:
    """Read the table."""
    blocks: list[Block] = []
    for line in FILE.read_text("utf-8").splitlines():
        left, _, right = line.partition(" => ")
        if line.startswith("    "):
            blocks[-1].files[left[4:]] = right
        elif line and not line.startswith("#"):
            layouts, _, folder = left.partition(": ")
            source, target = (Layout(word) for word in layouts.split(" > "))
            blocks.append(Block(source, target, folder, right, {}))
    return blocks


BLOCKS = read()
IDS = [f"{block.source[0]}{block.target[0]}-{block.folder}" for block in BLOCKS]


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_names(block: Block) -> None:
    found = plan(tree({block.folder: nested(block.files)}), EMPTY, Options(block.source, block.target))
    got = dict.fromkeys(block.files, "-")
    before, after = len(block.folder) + 1, len(block.new_folder) + 1
    for action in found.changes():
        if action.source is not None:
            got[action.source[before:]] = action.target[after:]
    assert [title.target for title in found.titles] == [block.new_folder]
    assert got == block.files


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_a_second_look_finds_nothing_to_do(block: Block) -> None:
    source = tree({block.folder: nested(block.files)})
    options = Options(block.source, block.target, delete=True)
    assert plan(source, mirrored(plan(source, EMPTY, options)), options).empty


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_what_stays_out_is_said(block: Block) -> None:
    found = plan(tree({block.folder: nested(block.files)}), EMPTY, Options(block.source, block.target))
    said = [one.path for title in found.titles for one in title.ignored]
    for file, target in block.files.items():
        if target == "-" and not file.startswith("."):
            assert any(f"{block.folder}/{file}".startswith(path) for path in said), file


def test_the_table_is_long_enough() -> None:
    assert sum(len(block.files) for block in BLOCKS) >= 300
