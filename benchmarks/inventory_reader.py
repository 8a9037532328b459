"""One reader of a library in a process of its own: `python -m benchmarks.inventory_reader WHAT SERVER FILE`.

SERVER is what the simulator said of itself when it was ready.

`ours` reads everything into a file, `refresh` brings it up to date, `questions` asks it; `plexapi` reads the same
attributes of the same answers into memory, in pages of 1000 with the streams inside, which is the fastest way it has;
`warm` only asks for these.
Each prints one line of JSON: seconds, and MiB by which the process grew at its peak.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
import json
from pathlib import Path
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import tests.bare  # noqa: F401 - keeps Home Assistant out of this process

import aiohttp  # isort: skip
from custom_components.plex_steward.plex.client import PlexClient  # isort: skip
from custom_components.plex_steward.plex.connection import Connection  # isort: skip
from custom_components.plex_steward.plex.find import find, group  # isort: skip
from custom_components.plex_steward.plex.inventory import Inventory  # isort: skip
from custom_components.plex_steward.plex.models import Address  # isort: skip
from custom_components.plex_steward.plex.query import Query  # isort: skip
from custom_components.plex_steward.plex.store import Store  # isort: skip
from custom_components.plex_steward.plex.transport import Access  # isort: skip

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

PAGE = 1000
FILMS = "/library/sections/1/all?type=1&includeGuids=1&includeElements=Stream"
ASKED = 15
FILES = ("movie", "episode", "track")
"""What `find_media` looks for unless it is told otherwise; where only these fit, it leaves that out."""
QUESTIONS: dict[str, Query | tuple[Query, str]] = {
    "4K films": Query(resolutions=("4k",)),
    "Dolby Vision with Atmos": Query(dynamic_ranges=("dolby_vision",), audio_profiles=("dolby_atmos",)),
    "bigger than 50 GB, biggest first": Query(bigger_than=50 * 10**9, sort="size", descending=True),
    "part of a title": Query(text="the", kinds=FILES),
    "part of no title": Query(text="xyzzy", kinds=FILES),
    "without English subtitles": Query(subtitle_language_missing="en", limit=1000),
    "never played, added last": Query(never_played=True, kinds=FILES, sort="added", descending=True),
    "without an IMDb id": Query(missing_ids=("imdb",), kinds=FILES),
    "several versions, all details": Query(several_versions=True, kinds=FILES, fields=("title", "versions")),
    "by resolution": (Query(), "resolution"),
    "by audio profile": (Query(), "audio_profile"),
}


def grown(before: float) -> float:
    """MiB at the peak above `before`."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before


def resident() -> float:
    """MiB now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 2**20


@asynccontextmanager
async def opened(server: dict[str, str], file: str) -> AsyncGenerator[tuple[PlexClient, Inventory]]:
    """Open the inventory."""
    async with aiohttp.ClientSession() as session:
        access = Access(token=server["token"], client_id="benchmark", machine_identifier=server["machineIdentifier"])
        client = PlexClient(Connection(session, access, [Address(server["url"])]))
        store = Store(Path(file))
        yield client, Inventory(client, store)
        store.close()


async def timed(client: PlexClient, inventory: Inventory) -> dict[str, Any]:
    """Read what there is to read; everything when the file is new."""
    libraries = await client.libraries()
    before, began = resident(), time.perf_counter()
    reports = await inventory.refresh(libraries)
    took = time.perf_counter() - began
    if not all(report.complete for report in reports):
        sys.exit(f"incomplete: {[report.error for report in reports]}")
    changed = sum(len(report.changes.updated) for report in reports)
    items = sum(count for report in reports for count in report.counts.values())
    return {"seconds": took, "memory": grown(before), "items": items, "changed": changed}


async def ours(server: dict[str, str], file: str) -> dict[str, Any]:
    """Read everything."""
    async with opened(server, file) as (client, inventory):
        return await timed(client, inventory)


async def refresh(server: dict[str, str], file: str, rounds: int, changes: int) -> list[dict[str, Any]]:
    """Change some films and notice, several times, as a Home Assistant does that goes on running."""
    found = []
    async with opened(server, file) as (client, inventory), aiohttp.ClientSession() as control:
        items = f"{server['control']}/_sim/library/items"
        async with control.get(items, params={"limit": str(changes)}) as answer:
            rows = await answer.json()
        for number in range(rounds + 1):
            for row in rows:
                async with control.post(f"{items}/{row['id']}", json={"title": f"{row['title']} {number}"}) as answer:
                    answer.raise_for_status()
            await asyncio.sleep(1.1)  # the server's clock counts seconds
            found.append(await timed(client, inventory))
    return found[1:]  # the first turn warms up: it finds out what the server can do


def questions(file: str) -> dict[str, float]:
    """Milliseconds of each answer, the median of several."""
    store = Store(Path(file))
    found = {}
    for name, asked in QUESTIONS.items():
        times = []
        for _ in range(ASKED):
            began = time.perf_counter()
            if isinstance(asked, Query):
                find(store, asked)
            else:
                group(store, *asked)
            times.append((time.perf_counter() - began) * 1000)
        found[name] = statistics.median(times)
    store.close()
    return found


def rival(server_facts: dict[str, str]) -> dict[str, Any]:
    """Read the films with plexapi, and of each what our inventory keeps."""
    from plexapi.server import PlexServer  # noqa: PLC0415 - not in the process of the others

    untyped: Any = PlexServer  # it says nothing of types
    server = untyped(server_facts["url"], server_facts["token"])
    server.library.sections()
    before, began = resident(), time.perf_counter()
    films = server.fetchItems(FILMS, container_size=PAGE)
    for film in films:
        film._autoReload = False  # noqa: SLF001 - or each missing attribute costs a request
    kept = [_film(film) for film in films]
    took = time.perf_counter() - began
    return {"seconds": took, "memory": grown(before), "items": len(kept)}


def warm(server_facts: dict[str, str]) -> dict[str, Any]:
    """Let the server make the answers that plexapi will ask for; taking them apart would cost a minute more."""
    from plexapi.server import PlexServer  # noqa: PLC0415 - not in the process of the others

    untyped: Any = PlexServer  # it says nothing of types
    server = untyped(server_facts["url"], server_facts["token"])
    total, start = PAGE, 0
    while start < total:
        page = server.query(FILMS, headers={"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(PAGE)})
        total, start = int(page.get("totalSize")), start + PAGE
    return {"items": total}


def _film(film: Any) -> tuple[Any, ...]:
    """What our inventory keeps of a film."""
    versions = [
        (
            *(media.videoResolution, media.videoCodec, media.videoProfile, media.videoFrameRate, media.bitrate),
            *(media.container, media.width, media.height, media.duration, media.audioCodec, media.audioChannels),
            [
                (
                    *(part.file, part.size),
                    [
                        (one.streamType, one.codec, one.languageTag, one.displayTitle, one.title, one.default)
                        for one in part.streams
                    ],
                )
                for part in media.parts
            ],
        )
        for media in film.media
    ]
    return (
        *(film.ratingKey, film.title, film.titleSort, film.originalTitle, film.year, film.editionTitle, film.rating),
        *(film.studio, film.contentRating, film.duration, film.addedAt, film.updatedAt, film.viewCount),
        *(film.lastViewedAt, [one.tag for one in film.genres], [one.id for one in film.guids], versions),
    )


def main() -> None:
    """Do one thing and tell."""
    what, told, file, *more = sys.argv[1:]
    server = json.loads(told)
    work: dict[str, Callable[[], Any]] = {
        "ours": lambda: asyncio.run(ours(server, file)),
        "refresh": lambda: asyncio.run(refresh(server, file, *map(int, more))),
        "questions": lambda: questions(file),
        "plexapi": lambda: rival(server),
        "warm": lambda: warm(server),
    }
    print(json.dumps(work[what]()))


if __name__ == "__main__":
    main()
