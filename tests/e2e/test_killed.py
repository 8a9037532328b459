"""Home Assistant is killed while it reads a library; ``scripts/bench kills`` does the same fifty times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.kills import Killer, slow_plex

from .conftest import complaints

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 4


@pytest.mark.timeout(900)
async def test_the_store_survives_and_the_next_start_completes_it(tmp_path: Path) -> None:
    """Twice in the first read, twice in a later one, each time at another moment; nothing is asked for twice."""
    async with slow_plex() as plex:
        killer = Killer(tmp_path, plex)
        try:
            await killer.begin()
            for number in range(1, KILLS + 1):
                await killer.kill(number)
        finally:
            await killer.hass.stop()
    assert complaints(killer.hass.log()) == []
