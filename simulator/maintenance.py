"""Scans, trash, bundles, database: the work a server does on its library."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from .activities import Activity
from .answers import answer, container, done, refuse
from .keys import STATE
from .scanning import merge, read_section
from .sections import section_of

if TYPE_CHECKING:
    from .model import Section
    from .state import State

routes = web.RouteTableDef()

SCAN = "library.update.section"


def scan(state: State, section: Section, path: str | None = None, *, force: bool = False) -> asyncio.Task[None]:
    """Scan a section, or one path of it, in the background."""
    state.scans.append({"section": section.id, "path": path, "force": force})
    activity = state.activities.start(Activity(SCAN, "Scanning"))
    section.refreshing = True
    state.scan_status("Library scan", f"Scanning {section.title}")
    return state.keep(asyncio.get_running_loop().create_task(_scan(state, section, path, activity, force=force)))


async def _scan(state: State, section: Section, path: str | None, activity: Activity, *, force: bool) -> None:
    activity.title = f"Scanning {section.title}"
    activity.context = {"librarySectionID": str(section.id)}
    state.activities.update(activity, 10)
    found = await asyncio.to_thread(read_section, section, path)
    if state.quirks.scan_seconds:
        for step in range(1, 5):
            try:
                await asyncio.wait_for(activity.cancelled.wait(), state.quirks.scan_seconds / 4)
            except TimeoutError:
                state.activities.update(activity, 10 + 20 * step, f"Folder {step}")
    if not activity.cancelled.is_set():
        changes = merge(state.library, section, found, path)
        for number, item in enumerate(changes.added):
            state.activities.update(activity, 90 * number // len(changes.added), item.title)
            state.timeline(item, 0)
            state.timeline(item, 5)
        for item in changes.updated:
            state.timeline(item, 5)
        if force:
            for item in list(section.items()):
                state.library.touch(item)
        if state.prefs["autoEmptyTrash"]:
            empty(state, section)
        section.scanned_at = state.now()
        section.content_changed_at += 1
    section.refreshing = False
    state.activities.end(activity)
    state.scan_status("Library scan", f"Scanned {section.title}")


def empty(state: State, section: Section) -> int:
    """Remove what is in the trash of a section; returns how many items that were."""
    gone = state.library.trashed(section)
    for item in gone:
        state.timeline(item, 9)
        state.library.remove(item)
    return len(gone)


def _sections(request: web.Request) -> list[Section]:
    if request.match_info.get("section") in (None, "all"):
        return list(request.app[STATE].library.sections.values())
    return [section_of(request)]


@routes.get("/library/sections/{section}/refresh")
@routes.post("/library/sections/{section}/refresh")
@routes.post("/library/sections/refresh")
async def refresh(request: web.Request) -> web.Response:
    """Scan a section or all: the whole, or one path; the answer comes at once."""
    state = request.app[STATE]
    for section in _sections(request):
        scan(state, section, request.query.get("path"), force=request.query.get("force") == "1")
    return done()


@routes.put("/library/sections/{section}/refresh")
async def refresh_by_put(_: web.Request) -> web.Response:
    """Refuse the verb that real servers refuse."""
    refuse(405)


@routes.delete("/library/sections/{section}/refresh")
async def cancel(request: web.Request) -> web.Response:
    """Stop scanning."""
    state = request.app[STATE]
    numbers = {str(section.id) for section in _sections(request)}
    for activity in list(state.activities.running.values()):
        if activity.type == SCAN and activity.context and activity.context.get("librarySectionID") in numbers:
            state.activities.cancel(activity)
    return done()


@routes.put("/library/sections/{section}/analyze")
async def analyze(request: web.Request) -> web.Response:
    """Accept the wish."""
    section_of(request)
    return done()


@routes.put("/library/sections/{section}/emptyTrash")
async def empty_trash(request: web.Request) -> web.Response:
    """Empty the trash of a section."""
    state, section = request.app[STATE], section_of(request)
    empty(state, section)
    state.housekeeping.append(f"emptyTrash/{section.id}")
    return done()


@routes.put("/library/clean/bundles")
async def clean(request: web.Request) -> web.Response:
    """Clean the bundles."""
    return await _work(request, "clean/bundles", "library.clean.bundles", "Cleaning bundles", 0.0)


@routes.put("/library/optimize")
async def optimize(request: web.Request) -> web.Response:
    """Optimise the database: in the background with ``async=1``, else the caller waits."""
    seconds = request.app[STATE].quirks.optimize_seconds
    return await _work(request, "optimize", "library.optimize", "Optimizing database", seconds)


async def _work(request: web.Request, name: str, kind: str, title: str, seconds: float) -> web.Response:
    state = request.app[STATE]

    def finish(completed: bool) -> None:
        if completed:
            state.housekeeping.append(name)

    activity = Activity(kind, title, cancellable=False)
    task = state.activities.run(activity, seconds, finish)
    if "async" not in request.query or request.query["async"] == "0":
        await asyncio.shield(task)
        return done()
    return done({"X-Plex-Activity": activity.uuid} if state.quirks.activity_header else None)


@routes.delete("/library/caches")
async def caches(_: web.Request) -> web.Response:
    """Clear the server's caches."""
    return done()


@routes.get("/activities")
async def activities(request: web.Request) -> web.Response:
    """List what the server is doing."""
    return answer(request, container([one.node() for one in request.app[STATE].activities.running.values()]))


@routes.delete("/activities/{uuid}")
async def cancel_activity(request: web.Request) -> web.Response:
    """Cancel an activity: 400 when it cannot be, 404 unknown."""
    state = request.app[STATE]
    activity = state.activities.running.get(request.match_info["uuid"])
    if activity is None:
        refuse(404)
    if not activity.cancellable:
        refuse(400)
    state.activities.cancel(activity)
    return done()
