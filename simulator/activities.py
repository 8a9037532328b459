"""Long work of the server: activities with progress, told over the websocket."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
import uuid

from .answers import Node, to_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .answers import Json
    from .model import Attrs
    from .websocket import Bus

STEPS = 5


@dataclass(slots=True, eq=False)
class Activity:
    """One piece of work under way."""

    type: str
    title: str
    subtitle: str = ""
    progress: float = 0
    """Percent; -1 = unknown."""
    cancellable: bool = True
    context: Attrs | None = None
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    def node(self) -> Node:
        """Give the activity as answers and notifications have it."""
        attrs: Attrs = {
            "uuid": self.uuid,
            "type": self.type,
            "cancellable": self.cancellable,
            "userID": 1,
            "title": self.title,
            "subtitle": self.subtitle,
            "progress": self.progress,
        }
        return Node("Activity", attrs, [Node("Context", self.context)] if self.context else [])


class Activities:
    """What the server is doing right now."""

    def __init__(self, bus: Bus) -> None:
        """Start idle."""
        self._bus = bus
        self.running: dict[str, Activity] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, activity: Activity) -> Activity:
        """Begin an activity."""
        self.running[activity.uuid] = activity
        self._tell("started", activity)
        return activity

    def update(self, activity: Activity, progress: float, subtitle: str = "") -> None:
        """Move an activity on."""
        activity.progress = progress
        activity.subtitle = subtitle or activity.subtitle
        self._tell("updated", activity)

    def end(self, activity: Activity) -> None:
        """Finish an activity."""
        if self.running.pop(activity.uuid, None):
            if not activity.cancelled.is_set():
                activity.progress = 100
            self._tell("ended", activity)

    def cancel(self, activity: Activity) -> None:
        """Stop an activity; whoever does the work ends it."""
        activity.cancelled.set()

    def run(
        self, activity: Activity, seconds: float, finish: Callable[[bool], Awaitable[None] | None]
    ) -> asyncio.Task[None]:
        """Play an activity of some length in the background; ``finish`` is told whether it got to its end."""
        self.start(activity)
        task = asyncio.get_running_loop().create_task(self._play(activity, seconds, finish))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _play(self, activity: Activity, seconds: float, finish: Callable[[bool], Awaitable[None] | None]) -> None:
        for step in range(STEPS):
            if activity.cancelled.is_set():
                break
            if seconds:
                with suppress(TimeoutError):
                    await asyncio.wait_for(activity.cancelled.wait(), seconds / STEPS)
            if not activity.cancelled.is_set():
                self.update(activity, (step + 1) * 100 / (STEPS + 1))
        outcome = finish(not activity.cancelled.is_set())
        if outcome is not None:
            await outcome
        self.end(activity)

    async def close(self) -> None:
        """Give up whatever is still running."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.running.clear()

    def _tell(self, event: str, activity: Activity) -> None:
        row: dict[str, Json] = {"event": event, "uuid": activity.uuid, "Activity": to_json(activity.node())}
        self._bus.publish("activity", "ActivityNotification", [row])
