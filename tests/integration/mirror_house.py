"""Folders and helpers for the tests of mirrors: a small Plex library, its mirror, and a press of a button."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.coordinators.mirrors import MirrorCoordinator

MIRROR_ID = "01MIRROROFTHETESTS00000000"
FILMS = ("Alien (1979) {imdb-tt0078748}", "Brazil (1985)", "Cube (1997) {tmdb-431}", "Dune (2021)")


def film(library: Path, name: str, content: str = "film") -> Path:
    """Write one film."""
    folder = library / name
    folder.mkdir(parents=True)
    video = folder / f"{name} [1080p].mkv"
    video.write_text(f"{content} {name}")
    return video


def make_library(root: Path) -> tuple[Path, Path]:
    """Write a source with four films, and an empty target beside it."""
    source, target = root / "plex", root / "jellyfin"
    for name in FILMS:
        film(source, name)
    target.mkdir()
    return source, target


def subentry(source: Path, target: Path, **options: Any) -> ConfigSubentryDataWithId:
    """The mirror's subentry as the form makes it, with a fixed id."""
    return ConfigSubentryDataWithId(
        subentry_id=MIRROR_ID,
        subentry_type="mirror",
        title="Movies",
        unique_id=None,
        data={"source": str(source), "target": str(target), "source_layout": "plex", **options},
    )


def inodes(root: Path) -> set[int]:
    """Inode numbers of the videos below a folder."""
    return {path.stat().st_ino for path in files(root) if path.suffix == ".mkv"}


def files(root: Path) -> Iterator[Path]:
    """The files below a folder, without what the mirror keeps for itself."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.relative_to(root).parts[0] != ".plex-steward":
            yield path


def mirror_of(entry: Any) -> MirrorCoordinator:
    """The coordinator of the one mirror."""
    mirror: MirrorCoordinator = entry.runtime_data.mirrors[MIRROR_ID]
    return mirror


def device_of(hass: HomeAssistant, entry: Any) -> str:
    """The id of the mirror's device."""
    return dr.async_get_device_id_by_identifier(hass, (DOMAIN, MIRROR_ID), config_entry_id=entry.entry_id)


async def act(hass: HomeAssistant, action: str, *, response: bool = True, **data: Any) -> Any:
    """Call an action and give its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=response)


async def press(hass: HomeAssistant, entity_id: str) -> None:
    """Press a button."""
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)
