"""The butler: named tasks that can be run and stopped. Its list is no MediaContainer."""

from __future__ import annotations

from dataclasses import dataclass
import json
from typing import TYPE_CHECKING

from aiohttp import web

from .activities import Activities, Activity
from .answers import Node, done, refuse, to_json, to_xml, wants_json
from .keys import STATE

if TYPE_CHECKING:
    from .model import Attrs

routes = web.RouteTableDef()

NAMES = {
    "AutomaticUpdates": "",
    "BackupDatabase": "Backup Database",
    "ButlerTaskGenerateAdMarkers": "",
    "ButlerTaskGenerateCreditsMarkers": "",
    "ButlerTaskGenerateIntroMarkers": "",
    "CleanOldBundles": "Clean Old Bundles",
    "CleanOldCacheFiles": "Clean Old Cache Files",
    "DeepMediaAnalysis": "Deep Media Analysis",
    "GarbageCollectBlobs": "",
    "GarbageCollectLibraryMedia": "",
    "GenerateChapterThumbs": "",
    "LoudnessAnalysis": "",
    "MusicAnalysis": "",
    "OptimizeDatabase": "Optimize Database",
    "RefreshEpgGuides": "",
    "RefreshLibraries": "Refresh Libraries",
    "RefreshLocalMedia": "",
    "RefreshPeriodicMetadata": "",
    "UpgradeMediaAnalysis": "",
}
"""Task -> title; many have none on real servers."""


@dataclass(slots=True)
class Task:
    """One task of the list."""

    name: str
    title: str
    interval: int = 7
    """Days."""
    enabled: bool = True


class Butler:
    """The tasks and what runs."""

    def __init__(self, activities: Activities) -> None:
        """Know all tasks, run none."""
        self.activities = activities
        self.tasks = {name: Task(name, title) for name, title in NAMES.items()}
        self.running: dict[str, Activity] = {}
        self.done: list[str] = []
        """Tasks that ran to their end, oldest first."""
        self.seconds = 0.0
        """How long a task takes."""

    def run(self, name: str) -> bool:
        """Start a task; False when it runs already. Raises KeyError for an unknown one."""
        task = self.tasks[name]
        if name in self.running:
            return False

        def finish(completed: bool) -> None:
            self.running.pop(name, None)
            if completed:
                self.done.append(name)

        activity = Activity(f"butler.{name}", task.title or name, progress=-1)
        self.running[name] = activity
        self.activities.run(activity, self.seconds, finish)
        return True

    def stop(self, name: str) -> bool:
        """Stop a task; False when it does not run."""
        activity = self.running.get(name)
        if activity is None:
            return False
        self.activities.cancel(activity)
        return True


def _butler(request: web.Request) -> Butler:
    return request.app[STATE].butler


@routes.get("/butler")
async def listing(request: web.Request) -> web.Response:
    """List the tasks under a root of their own."""
    nodes = []
    for task in _butler(request).tasks.values():
        attrs: Attrs = {"name": task.name, "interval": task.interval, "scheduleRandomized": False}
        attrs |= {"enabled": task.enabled, "title": task.title or None}
        nodes.append(Node("ButlerTask", attrs))
    root = Node("ButlerTasks", {}, nodes)
    if wants_json(request):
        return web.Response(text=json.dumps({"ButlerTasks": to_json(root)}), content_type="application/json")
    return web.Response(text=to_xml(root), content_type="text/xml")


@routes.post("/butler")
async def run_all(request: web.Request) -> web.Response:
    """Start every enabled task."""
    butler = _butler(request)
    for task in butler.tasks.values():
        if task.enabled:
            butler.run(task.name)
    return done()


@routes.post("/butler/{task}")
async def run(request: web.Request) -> web.Response:
    """Start one task: 202 when it runs already."""
    butler, name = _butler(request), request.match_info["task"]
    if name not in butler.tasks:
        refuse(404)
    return done() if butler.run(name) else done(status=202)


@routes.delete("/butler")
async def stop_all(request: web.Request) -> web.Response:
    """Stop everything."""
    butler = _butler(request)
    for name in list(butler.running):
        butler.stop(name)
    return done()


@routes.delete("/butler/{task}")
async def stop(request: web.Request) -> web.Response:
    """Stop one task: 404 when it does not run."""
    if not _butler(request).stop(request.match_info["task"]):
        refuse(404)
    return done()
