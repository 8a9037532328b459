"""What the server knows, counted beside it: what Home Assistant must have told by the end."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator import Simulator
    from simulator.sessions import Viewing
    from simulator.state import Seen

PREROLL = "CinemaTrailersPrerollID"


class Tally(deque["Seen"]):
    """A log of requests that counts them and keeps only the last: what grows would hide what leaks."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(maxlen=1000)
        self.counts: Counter[str] = Counter()

    def append(self, seen: Seen, /) -> None:
        """Count a request."""
        self.counts[f"{seen.method} {seen.path}"] += 1
        super().append(seen)


@dataclass
class Truth:
    """What happened, and how much of it Home Assistant could see.

    A stream that is on when the integration is loaded has not started then; what happens while the server is away is
    told when it is back, but for streams that came and went meanwhile.
    """

    plex: Simulator
    happened: Counter[str] = field(default_factory=Counter)
    """What the server saw, whoever looked."""
    due: Counter[str] = field(default_factory=Counter)
    """What is to be told."""
    away: bool = False
    _told: dict[Viewing, str] = field(default_factory=dict)

    def started(self, view: Viewing) -> None:
        """Note a beginning."""
        self.happened["started"] += 1
        if not self.away:
            self.due["started"] += 1
            self._told[view] = view.key

    def ended(self, view: Viewing) -> None:
        """Note an end."""
        self.happened["stopped"] += 1
        if not self.away and view in self._told:
            del self._told[view]
            self.due["stopped"] += 1

    def turned(self, word: str) -> None:
        """Note that somebody paused or went on."""
        self.happened[word] += 1
        self.due[word] += 1

    def back(self) -> None:
        """The server is seen again: a stream whose key is another one now counts as another stream."""
        self.away = False
        current = self.plex.sessions.current
        for view, key in list(self._told.items()):
            if view.ended or view.key != key:
                self.due["stopped"] += 1
                del self._told[view]
        for view in current.values():
            if view not in self._told:
                self.due["started"] += 1
                self._told[view] = view.key

    def loaded(self) -> None:
        """The integration was loaded anew: who is on was on before."""
        self.away = False
        self._told = {view: view.key for view in self.plex.sessions.current.values()}

    def prerolls(self) -> int:
        """Count how often the prerolls were written."""
        return sum(PREROLL in write for write in self.plex.state.prefs.writes)

    def count(self, kind: str) -> int:
        """Count the items of a kind that the server lists, those in the trash too."""
        return sum(item.type == kind for item in self.plex.state.library.items.values())
