"""A scripted evening: people begin, pause, transcode and stop, by itself and for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import Simulator
    from .sessions import Sessions, Viewing

REPORT_SECONDS = 10
"""How often players report, in seconds of the evening."""

type Step = tuple[int, str, str, dict[str, Any]]

SCRIPT: tuple[Step, ...] = (
    (0, "anna", "start", {"kind": "preroll", "player": "Living room"}),
    (12, "anna", "next", {"kind": "direct_play", "bandwidth": 24_000}),
    (
        20,
        "ben",
        "start",
        {"kind": "transcode", "player": "Phone", "location": "wan", "hardware": "qsv", "bandwidth": 3200},
    ),
    (45, "chloé", "start", {"kind": "direct_stream", "item": "episode", "player": "Browser", "bandwidth": 9000}),
    (70, "dad", "start", {"kind": "music", "player": "Kitchen", "bandwidth": 1100}),
    (100, "anna", "pause", {}),
    (130, "ben", "change", {"kind": "burn", "hardware": "", "resolution": "720"}),
    (150, "anna", "resume", {}),
    (170, "ben", "buffer", {}),
    (180, "ben", "resume", {}),
    (200, "owner", "start", {"kind": "direct_play", "player": "Cinema", "bandwidth": 52_000, "subtitle": True}),
    (230, "chloé", "seek", {"offset": 1_800_000}),
    (250, "ben", "change", {"kind": "transcode", "hardware": "qsv", "resolution": "1080"}),
    (280, "eva", "start", {"kind": "audio_transcode", "item": "episode", "player": "Bedroom", "bandwidth": 12_000}),
    (320, "dad", "stop", {}),
    (340, "chloé", "pause", {}),
    (360, "owner", "pause", {}),
    (400, "eva", "seek", {"offset": 3_000_000}),
    (430, "chloé", "resume", {}),
    (450, "ben", "stop", {}),
    (470, "farid", "start", {"kind": "live", "player": "Browser", "location": "wan", "bandwidth": 4500}),
    (500, "owner", "resume", {}),
    (540, "farid", "stop", {}),
    (560, "eva", "stop", {}),
    (580, "chloé", "stop", {}),
    (600, "anna", "stop", {}),
    (640, "owner", "stop", {}),
    (660, "", "", {}),
)
"""Second of the evening, who, what, and how. The last line says how long the evening is; then it begins again."""


class Evening:
    """Plays the script on one server."""

    def __init__(self, plex: Simulator, speed: float = 1.0) -> None:
        """Play ``speed`` seconds of the evening in each second."""
        self._plex = plex
        self.speed = speed
        self._views: dict[str, Viewing] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether it plays."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin, or go on after ``stop``."""
        if not self.running:
            self._task = self._plex.state.keep(asyncio.get_running_loop().create_task(self._play()))

    def stop(self) -> None:
        """Stop acting; who watches goes on watching."""
        if self._task is not None:
            self._task.cancel()

    async def _play(self) -> None:
        while True:
            steps = iter(SCRIPT)
            upcoming = next(steps, None)
            clock = 0
            while upcoming is not None:
                while upcoming is not None and upcoming[0] <= clock:
                    self.act(*upcoming[1:])
                    upcoming = next(steps, None)
                await asyncio.sleep(1 / self.speed)
                clock += 1
                self._plex.sessions.advance(1)
                if clock % REPORT_SECONDS == 0:
                    self._plex.sessions.report_all()
                    self._plex.sessions.update_transcodes()

    def act(self, who: str, what: str, facts: dict[str, Any]) -> None:
        """Do one step; for somebody who was ended meanwhile, nothing."""
        sessions: Sessions = self._plex.sessions
        facts = dict(facts)
        if what == "start":
            if who not in self._views or self._views[who].ended:
                self._begin(sessions, who, facts)
            return
        viewing = self._views.get(who)
        if viewing is None or viewing.ended:
            return
        match what:
            case "next":
                player = viewing.player.title
                sessions.stop(viewing)
                self._begin(sessions, who, {**facts, "player": player})
            case "seek":
                sessions.seek(viewing, facts["offset"])
            case "change":
                sessions.change(viewing, **facts)
            case "stop":
                sessions.stop(viewing)
            case _:
                getattr(sessions, what)(viewing)

    def _begin(self, sessions: Sessions, who: str, facts: dict[str, Any]) -> None:
        kind = facts.pop("kind")
        for words in (facts, {**facts, "item": None}):
            try:
                self._views[who] = sessions.start(kind, user=who, **words)
            except LookupError:  # a library without shows or music, or an empty one
                self._views.pop(who, None)
            else:
                return
