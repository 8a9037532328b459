"""A simulated week: people watch, films come and go, servers fail, and every now and then the entry is loaded anew."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
import os
from pathlib import Path
import random
import shutil
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from simulator import Fault
from simulator.control_library import copy
from simulator.maintenance import scan

from .house import ZONE, settled
from .household import FILMS, film, seasons
from .measure import leftovers
from .truth import PREROLL

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from simulator import Simulator
    from simulator.sessions import Viewing

    from .clock import Clock
    from .told import Told
    from .truth import Truth

PATIENCE = 400.0
"""Seconds by the moved clock in which Home Assistant must have caught up, however the server behaved."""
LONGEST_ON = 6
ENDLESS = 7 * 24 * 3600 * 1000
KINDS = ("direct_play", "direct_play", "direct_stream", "transcode", "audio_transcode", "burn")
PEOPLE = ("anna", "ben", "cleo", "dora")
SILENT = ("/", "/library*", "/status*", "/activities", "/:/websocket*")
NIGHT = (time(3, 40), time(6, 30))
"""When the house is kept and the mirror runs: nothing is broken then."""


class Week:
    """Some days of one household."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        plex: Simulator,
        truth: Truth,
        told: Told,
        clock: Clock,
        media: Path,
        seed: int,
    ) -> None:
        """Prepare."""
        self.hass, self.entry, self.plex = hass, entry, plex
        self.truth, self.told, self.clock, self.media = truth, told, clock, media
        self.random = random.Random(seed)
        self.zone = ZoneInfo(ZONE)
        self.did: Counter[str] = Counter()
        self.films = list(FILMS)
        self.lasting: list[str] = []
        """What outlived an unloaded entry."""
        self._new = 0
        self._spare: list[tuple[float, int]] = []
        """Episodes that may go again, and when they came."""
        self.began = self.now()
        self.first = self.began.date()
        self._seasons = seasons(self.first)

    def now(self) -> datetime:
        """The household's time."""
        return self.clock.now().astimezone(self.zone)

    async def until(self, difference: Callable[[], str]) -> None:
        """Wait until there is no difference any more between what is and what Home Assistant knows."""
        for _ in range(int(PATIENCE)):
            if not difference():
                return
            await asyncio.sleep(1)
        raise AssertionError(f"not within {PATIENCE:.0f} s, at {self.now()}: {difference()}; before: {self.did}")

    # A day

    async def day(self) -> None:
        """Live from now to the same time tomorrow."""
        end = (self.now() + timedelta(days=1)).timestamp()  # in wall time: a day of 25 hours is one
        while self.clock.time() < end:
            if NIGHT[0] <= self.now().time() < NIGHT[1]:
                await self._night()
                continue
            await asyncio.sleep(self.random.expovariate(1 / 240))
            await self._something()

    async def _something(self) -> None:
        hour = self.now().hour
        watching = 6 if hour >= 18 else 2
        choices: list[tuple[int, Callable[[], Any]]] = [
            (watching * 3, self._start),
            (watching * 2, self._stop),
            (watching * 2, self._pause_or_resume),
            (watching, self._change),
            (3, self._film),
            (3, self._episode),
            (1, self._reload),
            (1, self._outage),
            (1, self._line),
            (1, self._mirror),
        ]
        (act,) = self.random.choices([one for _, one in choices], [weight for weight, _ in choices])
        await act()

    async def _night(self) -> None:
        """Let the last viewers go, and wait for what the clock starts."""
        trashed = any(item.deleted_at is not None for item in self.plex.state.library.items.values())
        self.did["bundle nights"] += self.now().strftime("%a") in ("Tue", "Fri")
        while self.now().time() < time(5, 30):
            await asyncio.sleep(300)
        for view in list(self.plex.sessions.current.values()):
            await self._end(view)
        self.did["nights"] += 1
        self.did["nights with trash"] += trashed
        while self.now().time() < NIGHT[1]:
            await asyncio.sleep(300)

    # People

    async def _start(self) -> None:
        if len(self.plex.sessions) >= LONGEST_ON:
            return
        kind = self.random.choice(KINDS)
        view = self.plex.sessions.start(kind, user=self.random.choice(PEOPLE), player=f"player {self._number()}")  # type: ignore[arg-type]  # one of its kinds
        view.item.duration = ENDLESS  # nobody sits in front of a film that is over: that is a ghost
        self.truth.started(view)
        await self._agrees()

    async def _stop(self) -> None:
        if (view := self._someone()) is not None:
            await self._end(view)

    async def _end(self, view: Viewing) -> None:
        self.plex.sessions.stop(view)
        self.truth.ended(view)
        await self._agrees()

    async def _pause_or_resume(self) -> None:
        if (view := self._someone()) is None:
            return
        if view.state == "paused":
            self.plex.sessions.resume(view)
            self.truth.turned("resumed")
        else:
            self.plex.sessions.pause(view)
            self.truth.turned("paused")
        await self._agrees()

    async def _change(self) -> None:
        if (view := self._someone()) is not None:
            self.plex.sessions.change(view, kind=self.random.choice(KINDS))
            self.did["conversions"] += 1

    def _someone(self) -> Viewing | None:
        on = list(self.plex.sessions.current.values())
        return self.random.choice(on) if on else None

    async def _agrees(self) -> None:
        """Home Assistant shows who is on, and what they do."""
        if self.truth.away:
            return

        def difference() -> str:
            coordinator = self.entry.runtime_data.sessions
            shown = {one.key: one.state.value for one in coordinator.data}
            on = {view.key: view.state for view in self.plex.sessions.current.values()}
            count = self.told.state("streams")
            return "" if shown == on and count == str(len(on)) else f"streams {on}, known {shown}, shown {count}"

        await self.until(difference)

    # The library

    def _number(self) -> int:
        self._new += 1
        return self._new

    async def _film(self) -> None:
        """Bring a film, or throw one away, on the disk; the server scans."""
        source = self.media / "plex"
        if len(self.films) > 10 and self.random.random() < 0.45:
            name = self.films.pop(self.random.randrange(len(self.films)))
            shutil.rmtree(source / name)
            self.did["films thrown away"] += 1
        else:
            name = f"New film {self._number()} (2020)"
            film(source, name)
            self._stamp(source / name)
            self.films.append(name)
            self.did["films brought"] += 1
        self._stamp(source)
        section = next(one for one in self.plex.state.library.sections.values() if one.type == "movie")
        await scan(self.plex.state, section)
        if name in self.films:  # what goes is followed at night
            await self._mirrored()

    def _stamp(self, folder: Path) -> None:
        """Give a folder the time it would have."""
        for path in (*folder.iterdir(), folder):
            if path.is_file() or path == folder:
                os.utime(path, (self.clock.time(), self.clock.time()))

    async def _mirrored(self) -> None:
        """The mirror has followed."""

        def difference() -> str:
            shown = {path.name for path in (self.media / "jellyfin").iterdir() if not path.name.startswith(".")}
            wrong = shown ^ {self._title(name) for name in self.films}
            return f"mirror {sorted(wrong)}" if wrong else ""

        await self.until(difference)

    @staticmethod
    def _title(name: str) -> str:
        """What the other layout calls it."""
        return name.replace("{tmdb-", "[tmdbid-").replace("}", "]")

    async def _episode(self) -> None:
        """Let the server take in an episode, or forget one that is old enough to have been told."""
        library = self.plex.state.library
        old = [number for at, number in self._spare if self.clock.time() - at > 1800]
        if old and self.random.random() < 0.4:
            number = old[0]
            self._spare = [row for row in self._spare if row[1] != number]
            if any(view.item.id == number for view in self.plex.sessions.current.values()):
                return
            item = library.items[number]
            self.plex.state.timeline(item, 9)
            library.remove(item)
            self.did["episodes gone"] += 1
        else:
            model = next(item for item in library.items.values() if item.type == "episode")
            item = copy(self.plex, model.id, f"Episode {self._number()}")
            self._spare.append((self.clock.time(), item.id))
            self.did["episodes come"] += 1

    # Trouble

    async def _reload(self) -> None:
        """Unload, look for what is left, and load again."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)
        self.lasting += leftovers(self.hass)
        await asyncio.sleep(self.random.uniform(0, 120))
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await settled(self.entry)
        self.truth.loaded()
        self.did["reloads"] += 1
        await self._agrees()

    async def _outage(self) -> None:
        """The server is gone for a while, in one of several ways, and people come and go meanwhile."""
        way = self.random.choice(("restart", "starting", "hang", "error"))
        self.truth.away = True
        if way == "restart":
            await self.plex.stop()
        elif way == "starting":
            self.plex.quirks.starting = True
            self.plex.state.bus.drop()
        elif way == "error":
            self.plex.state.faults.append(Fault("/*", "status", times=None))
            self.plex.state.bus.drop()
        else:  # but for what threads ask: they wait by the real clock
            self.plex.state.faults += [Fault(path, "hang", times=None) for path in SILENT]
            self.plex.state.bus.drop()
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(self.random.expovariate(1 / 120))
            await self.random.choice((self._start, self._stop))()
        await asyncio.sleep(self.random.uniform(1, 600))
        if way == "restart":
            await self.plex.restart()
        self.plex.quirks.starting = False
        self.plex.state.faults.clear()
        self.truth.back()
        self.did[f"outages: {way}"] += 1
        await self._agrees()

    async def _line(self) -> None:
        """Only the push channel suffers."""
        way = self.random.choice(("drop", "silence", "flood"))
        bus = self.plex.state.bus
        if way == "drop":
            bus.drop()
        elif way == "silence":
            bus.silence(True)
            for _ in range(2):
                await asyncio.sleep(self.random.expovariate(1 / 60))
                await self.random.choice((self._start, self._stop))()
            bus.silence(False)
        else:
            bus.flood(3000)
        self.did[f"push channel: {way}"] += 1
        await self._agrees()

    async def _mirror(self) -> None:
        button = self.told.entity("button", "sync")
        await self.hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
        self.did["mirror by button"] += 1

    # The end of a day

    async def settle(self) -> None:
        """Come to rest: nobody watches, everything is told, the mirror is right, and the entry is loaded anew."""
        for view in list(self.plex.sessions.current.values()):
            await self._end(view)
        await self._mirror()
        await self._mirrored()
        await asyncio.sleep(1200)
        await self._reload()
        await self.until(self._wrong_preroll)
        await asyncio.sleep(600)

    def _wrong_preroll(self) -> str:
        wanted, found = self.preroll(self.now().date()), self.plex.state.prefs[PREROLL]
        return "" if found == wanted else f"prerolls {found} instead of {wanted}"

    def preroll(self, day: date) -> str:
        """The prerolls of a day's season."""
        on = (name for name, (start, end) in self._seasons.items() if start <= day <= end)
        return next((f"/prerolls/{name}.mp4" for name in on), "")

    def preroll_changes(self) -> int:
        """How often the season has changed so far."""
        days = [self.first + timedelta(days=number) for number in range((self.now().date() - self.first).days + 1)]
        wanted = ["", *(self.preroll(day) for day in days)]
        return sum(before != after for before, after in pairwise(wanted))
