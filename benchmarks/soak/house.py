"""A whole Home Assistant in this process, with the integration set up through its own flows."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
import logging
from typing import TYPE_CHECKING, Any

from demo.hass import Hass as Folder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

DOMAIN = "plex_steward"
NOWHERE = "http://127.0.0.1:9"
ZONE = "Europe/Amsterdam"
CONFIGURATION = f"""\
homeassistant:
  name: Soak
  latitude: 52.37
  longitude: 4.89
  elevation: 2
  unit_system: metric
  time_zone: {ZONE}
  country: NL
  currency: EUR
api:
system_health:
"""
"""No recorder: it keeps its own history in a thread of its own, and nothing that is measured here."""


class Complaints(logging.Handler):
    """Keeps what is worth a warning and comes from us or speaks of us."""

    def __init__(self) -> None:
        """Listen to everything."""
        super().__init__(logging.WARNING)
        self.rows: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        text = self.format(record)
        ours = record.name.startswith(("custom_components", "asyncio")) or DOMAIN in text
        if ours and "We found a custom integration" not in text:
            self.rows.append(f"{record.levelname} {record.name}: {text}")


@asynccontextmanager
async def moved_in(folder: Path) -> AsyncIterator[HomeAssistant]:
    """Start Home Assistant with nothing but the core; stop it at the end."""
    Folder(folder)  # lays out what must be there before the first start
    (folder / "configuration.yaml").write_text(CONFIGURATION, encoding="utf-8")
    from homeassistant import bootstrap, runner  # noqa: PLC0415 - not before the clocks are replaced

    from custom_components.plex_steward.plex import account  # noqa: PLC0415 - the same

    account.PLEX_TV = account.PlexTv.at(NOWHERE)  # type: ignore[misc]  # nobody is to leave the loopback
    hass = await bootstrap.async_setup_hass(runner.RuntimeConfig(config_dir=str(folder), log_no_color=True))
    assert hass is not None
    await hass.async_start()
    try:
        yield hass
    finally:
        await hass.async_stop()


async def add_server(hass: HomeAssistant, url: str, token: str) -> ConfigEntry[Any]:
    """Set a server up by hand."""
    flow: Any = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "manual"})
    words = {"url": url, "token": token, "verify_ssl": True}
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], words)
    assert flow["type"] == "create_entry", flow
    entry: ConfigEntry[Any] = flow["result"]
    return entry


async def add(hass: HomeAssistant, entry: ConfigEntry[Any], kind: str, *steps: dict[str, Any]) -> None:
    """Add a subentry."""
    flows = hass.config_entries.subentries
    flow: Any = await flows.async_init((entry.entry_id, kind), context={"source": "user"})
    for step in steps:
        flow = await flows.async_configure(flow["flow_id"], step)
    assert flow["type"] == "create_entry", flow
    await settled(entry)


async def settled(entry: ConfigEntry[Any]) -> None:
    """Wait until the entry is loaded: a new subentry reloads it."""
    for _ in range(600):
        await asyncio.sleep(0.1)
        if entry.state.value == "loaded":
            return
    raise AssertionError(entry.state, entry.reason)
