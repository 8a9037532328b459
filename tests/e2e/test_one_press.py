"""One press on the mirror's Sync button in the browser fills the target with hard links."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.browser import goto, signed_in

from .conftest import House, until

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.core

VIDEOS = (".mkv", ".mp4", ".m4v")


def inodes(root: Path, *, videos: bool = True) -> list[int]:
    """Return the inode numbers of the files below ``root``, sorted."""
    return sorted(
        (Path(folder) / name).stat().st_ino
        for folder, _, names in os.walk(root)
        for name in names
        if Path(folder).relative_to(root).parts[:1] != (".plex-steward",) and (not videos or name.endswith(VIDEOS))
    )


async def test_a_press_in_the_browser_links_every_file(house: House, browser: Browser) -> None:
    """Press the button on the device's page; afterwards every video of the source is in the target, by inode."""
    source, target = house.media / "plex" / "Movies", house.media / "jellyfin" / "Movies"
    before = inodes(source, videos=False)
    device = await house.device(house.mirror_id)
    status = await house.entity(f"{house.mirror_id}_status")
    assert await house.state(status) in {"idle", "unknown"}
    async with signed_in(browser, house.hass) as (page, errors):
        await goto(page, house.hass, f"/config/devices/device/{device}")
        row = page.locator("hui-button-entity-row").filter(has_text="Sync").first
        await row.get_by_text("Press").click()
        await house.becomes(status, "in_sync")
        assert errors == []
    assert inodes(target) == inodes(source) != []
    assert inodes(source, videos=False) == before
    linked = await house.entity(f"{house.mirror_id}_linked_files")
    assert int(await house.state(linked)) >= len(inodes(source))


async def test_the_action_says_there_is_nothing_left_to_do(house: House) -> None:
    """A second run by the action answers with its report."""
    device = await house.device(house.mirror_id)
    report = await house.hass.action("sync_mirror", {"mirror": device})
    assert report["summary"]["files_updated"] == 0
    assert report["exit_code"] == 0


async def test_a_stream_shows(house: House) -> None:
    """A stream that starts on the server shows in Home Assistant, and leaves it when it stops."""
    streams = await house.entity(f"{house.plex.ready['machineIdentifier']}_streams")
    await house.becomes(streams, "0")
    started = await house.plex.control("POST", "sessions", {"kind": "transcode", "user": "anna"})
    await house.becomes(streams, "1")
    await house.plex.control("POST", f"sessions/{started['key']}/stop")

    async def gone() -> str:
        return await house.state(streams)

    await until(gone, lambda state: state == "0")
