"""Who lives in the demo: a Plex server with an evening's viewers, set up in Home Assistant through its own flows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from demo import history
from demo.stand_in import ADDRESS

if TYPE_CHECKING:
    from pathlib import Path

    from demo.hass import Hass
    from demo.plex import Plex

DOMAIN = "plex_steward"
PLEX_PORT = 32410
"""A fixed port, so that the server is where Home Assistant left it at the next start."""
ARGUMENTS = (
    "--port",
    str(PLEX_PORT),
    "--token",
    "demo-owner-token",
    "--evening",
    "--plex-tv",
    "--name",
    "Home",
    "--machine-identifier",
    "demo00home",
)


def environment(plex: Plex) -> dict[str, str]:
    """Return what Home Assistant's process must know: where plex.tv is played."""
    return {ADDRESS: str(plex.ready["plex_tv"])} if plex.ready.get("plex_tv") else {}


async def entries(hass: Hass) -> list[dict[str, Any]]:
    """Return the integration's config entries."""
    rows: list[dict[str, Any]] = await hass.ws(type="config_entries/get", domain=DOMAIN)
    return rows


async def add_server(hass: Hass, url: str, token: str) -> str:
    """Set a server up by hand, through the flow; return the entry's id."""
    result = await hass.flow(
        DOMAIN,
        {"next_step_id": "manual"},
        {"url": url, "token": token, "verify_ssl": True},
    )
    if result["type"] != "create_entry":
        raise RuntimeError(f"The server could not be set up: {result}")
    return str(result["result"]["entry_id"])


async def add_mirror(hass: Hass, entry_id: str, name: str, source: Path, target: Path, **options: object) -> str:
    """Add a mirror through its flow; return the subentry's id."""
    result = await hass.flow(
        [entry_id, "mirror"],
        {"name": name, "source": str(source), "target": str(target), **options},
        kind="/subentries",
    )
    if result["type"] != "create_entry":
        raise RuntimeError(f"The mirror could not be added: {result}")
    rows = await hass.ws(type="config_entries/subentries/list", entry_id=entry_id)
    return next(str(row["subentry_id"]) for row in rows if row["title"] == name)


async def settled(hass: Hass) -> None:
    """Wait until every server is loaded (a new subentry reloads its server)."""
    for _ in range(600):
        if all(row["state"] == "loaded" for row in await entries(hass)):
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"Not loaded: {[(row['title'], row['state'], row['reason']) for row in await entries(hass)]}")


async def move_in(hass: Hass, plex: Plex, media: Path) -> None:
    """Start Home Assistant; at the first start set up the server and the mirror "Movies", with a past."""
    await hass.start()
    if not await entries(hass):
        entry_id = await add_server(hass, plex.url, plex.token)
        await add_mirror(hass, entry_id, "Movies", media / "plex" / "Movies", media / "jellyfin" / "Movies")
        await settled(hass)
        await history.write(hass)
    await settled(hass)
