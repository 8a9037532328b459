"""A server with an inventory, for the tests of both."""

import pytest

from .shelf import EVERYTHING, shelf


@pytest.fixture
def small_pages(monkeypatch):
    """Let small libraries have many pages."""
    ring = "custom_components.plex_steward.plex"
    for name, size in (("PAGE", 20), ("LIGHT_PAGE", 25), ("PLAYED_PAGE", 5)):
        monkeypatch.setattr(f"{ring}.reading.{name}", size)
    monkeypatch.setattr(f"{ring}.batches.BATCH", 7)


@pytest.fixture
async def full(tmp_path, small_pages):
    """A server whose inventory was read once."""
    async with shelf(tmp_path, synthetic=EVERYTHING) as made:
        await made.refresh()
        yield made
