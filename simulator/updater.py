"""Updates of the server itself."""

from __future__ import annotations

from dataclasses import dataclass
import time
from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, answer, container, done, refuse
from .keys import STATE

if TYPE_CHECKING:
    from .state import State
    from .websocket import Bus

routes = web.RouteTableDef()


@dataclass(slots=True)
class Release:
    """A version that could be installed."""

    version: str
    added: str = "(Library) Films are found faster."
    fixed: str = "(Scanner) Folders with a comma were read twice."
    state: str = "notify"
    """``available downloading downloaded installing tonight skipped notify done``."""


class Updater:
    """What is known of a newer version."""

    def __init__(self, bus: Bus) -> None:
        """Know of none."""
        self._bus = bus
        self.release: Release | None = None
        self.can_install = False
        self.checked_at: int | None = None
        self.checks = 0
        self.applied = 0

    def offer(self, version: str, *, can_install: bool = False) -> Release:
        """Let a newer version appear."""
        self.release = Release(version)
        self.can_install = can_install
        self._bus.publish(
            "update.statechange", "AutoUpdateNotification", [{"key": version, "version": version, "state": "available"}]
        )
        return self.release


def _state(request: web.Request) -> State:
    return request.app[STATE]


@routes.put("/updater/check")
async def check(request: web.Request) -> web.Response:
    """Look for a newer version."""
    updater = _state(request).updater
    updater.checks += 1
    updater.checked_at = int(time.time())
    return done()


@routes.get("/updater/status")
async def status(request: web.Request) -> web.Response:
    """Tell what is known; no Release when nothing is."""
    state = _state(request)
    updater, release = state.updater, state.updater.release
    nodes = []
    if release is not None and state.quirks.optional_updater:
        key = f"https://plex.tv/updater/releases/{release.version}"
        attrs = {"key": key, "version": release.version, "added": release.added, "fixed": release.fixed}
        nodes.append(
            Node("Release", {**attrs, "downloadURL": "https://plex.tv/downloads/latest/1", "state": release.state})
        )
    root = container(nodes, canInstall=updater.can_install, checkedAt=updater.checked_at, status=0)
    if nodes:
        root.attrs["downloadURL"] = "https://plex.tv/downloads/latest/1"
    return answer(request, root)


@routes.put("/updater/apply")
async def apply(request: web.Request) -> web.Response:
    """Install the version that is there: 400 without one."""
    state = _state(request)
    updater = state.updater
    if updater.release is None or not updater.can_install:
        refuse(400)
    updater.applied += 1
    if request.query.get("skip") == "1":
        updater.release.state = "skipped"
    else:
        state.identity.version = updater.release.version
        updater.release = None
    return done()
