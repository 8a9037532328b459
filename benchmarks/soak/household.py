"""The simulated week's house: what is set up before the first day begins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from . import house

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from simulator import Simulator

HOUSEKEEPING = {
    "empty_trash": "daily",
    "clean_bundles": "weekly(tuesday|friday)",
    "optimize_database": "daily",
    "time": "05:00:00",
    "only_when_idle": True,
    "trash_limit": 50,
    "mapped_paths": [],
}
FILMS = tuple(f"Film {number:02} ({1960 + number}) {{tmdb-{1000 + number}}}" for number in range(12))


def first_day(today: date) -> date:
    """Give the Wednesday before the clocks go back in the Netherlands, next year: later than any file's time."""
    last = date(today.year + 1, 10, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7 + 4)


def seasons(first: date) -> dict[str, tuple[date, date]]:
    """Name the seasons of prerolls and their first and last days; no two overlap."""
    days = [first + timedelta(days=number) for number in range(7)]
    return {"Midweek": (days[1], days[1]), "Weekend": (days[3], days[4]), "Late": (days[5], days[6])}


def film(folder: Path, name: str) -> None:
    """Write a film."""
    place = folder / name
    place.mkdir(parents=True)
    (place / f"{name} [1080p].mkv").write_text(name, encoding="utf-8")


async def move_in(hass: HomeAssistant, plex: Simulator, media: Path, first: date) -> ConfigEntry[Any]:
    """Set the server up, with a mirror, three seasons of prerolls, and nightly housekeeping."""
    entry = await house.add_server(hass, plex.url, plex.token)
    await house.settled(entry)
    hass.config_entries.async_update_entry(entry, options={"housekeeping": HOUSEKEEPING})
    mirror = {
        "name": "Films",
        "source": str(media / "plex"),
        "target": str(media / "jellyfin"),
        "source_layout": "plex",
        "delete": True,
        "automatic": {"schedule": "daily", "schedule_time": "04:00:00", "after_new_items": True},
    }
    await house.add(hass, entry, "mirror", mirror)
    for name, (start, end) in seasons(first).items():
        words = {
            "name": name,
            "paths": [f"/prerolls/{name}.mp4"],
            "order": "sequence",
            "season": "dates",
            "priority": 1,
        }
        days = {"start_month": start.month, "start_day": start.day, "end_month": end.month, "end_day": end.day}
        await house.add(hass, entry, "preroll_set", words, days)
    await hass.config_entries.async_reload(entry.entry_id)
    await house.settled(entry)
    return entry
