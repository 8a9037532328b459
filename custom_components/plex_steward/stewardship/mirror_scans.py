"""After a run, the Plex server is told which folders have changed, so that it need not look through everything."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import LOGGER
from ..coordinators.mirrors import Finished, MirrorCoordinator
from ..data import StewardConfigEntry
from ..plex.errors import PlexError
from ..plex.models import Library
from .server_paths import overlap, parts, within

MANY: Final = 200
"""From so many folders on, their common root is scanned once instead."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One thing to ask of the server."""

    library_key: str
    path: str
    """A folder as the server sees it."""


def plan_scans(root: str, folders: Iterable[str], libraries: Iterable[Library]) -> tuple[Scan, ...]:
    """Say what to scan for changed folders below a root, both as the server sees it.

    Folders outside every library give nothing: the server would ignore them.
    """
    below = _joined(root)
    places = [(library.key, parts(location)) for library in libraries for location in library.locations]
    scans = []
    for path in map(below, folders):
        names = parts(path)
        keys = dict.fromkeys(key for key, place in places if names[: len(place)] == place)
        scans += [Scan(key, path) for key in keys]
    if len(scans) < MANY:
        return tuple(scans)
    # The libraries' own folders where the root is wider than they are: an outside path would be ignored.
    wide = {(library.key, location) for library in libraries for location in library.locations}
    return tuple(
        sorted(
            {
                Scan(key, root if within(root, location) else location)
                for key, location in wide
                if overlap(root, location) and any(scan.library_key == key for scan in scans)
            },
            key=lambda scan: (scan.library_key, scan.path),
        )
    )


@callback
def async_setup(hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator) -> None:
    """Scan after each run of a mirror, as long as the entry is loaded."""
    if not mirror.config.scan:
        return

    @callback
    def ran(finished: Finished) -> None:
        if finished.target_folders or finished.source_folders:
            entry.async_create_background_task(
                hass, _scan(hass, entry, mirror, finished), "plex_steward scan changed folders"
            )

    entry.async_on_unload(mirror.async_listen_runs(ran))


def scans_after(mirror: MirrorCoordinator, finished: Finished, libraries: Iterable[Library]) -> tuple[Scan, ...]:
    """What to scan after a run: in the target if a library lies there, else where the changes came from.

    For the executor: a first run has changed every folder.
    """
    libraries, config = tuple(libraries), mirror.config
    return plan_scans(config.server_target, finished.target_folders, libraries) or plan_scans(
        config.server_source, finished.source_folders, libraries
    )


async def _scan(hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator, finished: Finished) -> None:
    """Ask for one after the other; the server queues them. What it misses it finds at its next full scan."""
    data = entry.runtime_data
    control, libraries = data.control, data.server.libraries
    try:
        for scan in await hass.async_add_executor_job(scans_after, mirror, finished, libraries):
            await hass.async_add_executor_job(partial(control.scan, scan.library_key, scan.path))
    except PlexError as error:
        LOGGER.warning("The Plex server was not told of all changed folders: %s", error.code)


def _joined(root: str) -> partial[str]:
    """Give what puts a root before a folder, with the server's own kind of separator."""
    separator = "\\" if "\\" in root and "/" not in root else "/"
    return partial(_join, root.rstrip("/\\"), separator)


def _join(root: str, separator: str, folder: str) -> str:
    return f"{root}{separator}{folder.replace('/', separator)}"
