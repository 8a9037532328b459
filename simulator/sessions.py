"""Who is watching: playbacks of all kinds, and what happens to them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
import time
from typing import TYPE_CHECKING, Any, Literal, get_args
import uuid

from . import odd_items
from .answers import to_json
from .model import TYPES
from .people import Player, User, player_of, user_of
from .session_nodes import session_node, transcode_node

if TYPE_CHECKING:
    from .answers import Json, Node
    from .model import Attrs, Item, Library
    from .quirks import Quirks
    from .websocket import Bus

type Kind = Literal[
    "direct_play",
    "direct_stream",
    "audio_transcode",
    "transcode",
    "burn",
    "live",
    "preroll",
    "trailer",
    "photo",
    "music",
    "music_transcode",
]
type PlayState = Literal["playing", "paused", "buffering", "stopped", "error"]

DECISIONS: dict[str, tuple[str, str, str]] = {
    "direct_stream": ("copy", "copy", ""),
    "audio_transcode": ("copy", "transcode", ""),
    "transcode": ("transcode", "transcode", ""),
    "burn": ("transcode", "copy", "burn"),
    "live": ("transcode", "transcode", ""),
    "music_transcode": ("", "transcode", ""),
}
"""Kind -> decision for video, audio and subtitle; kinds that are missing play directly."""


@dataclass(slots=True, eq=False)
class Viewing:
    """One playback."""

    key: str
    """``sessionKey``: a number as text."""
    id: str
    """``Session.id``: what terminate wants."""
    item: Item
    kind: Kind
    user: User
    player: Player
    state: PlayState = "playing"
    offset: int = 0
    """Milliseconds."""
    location: str = "lan"
    bandwidth: int = 8000
    """kbit/s."""
    hardware: str = ""
    """Name of the encoder at work, such as ``nvenc``; empty = software."""
    hardware_requested: bool = True
    resolution: str = "720"
    """Height class that a video transcode delivers."""
    version: int = 0
    """Which of the item's versions plays."""
    audio: int = 0
    """Which of the audio streams plays."""
    subtitle: bool = False
    """Whether the first subtitle is on (without being burnt in)."""
    decisions: tuple[str, str, str] | None = None
    """Decisions instead of those of the kind."""
    missing: frozenset[str] = frozenset()
    """What the answer lacks: ``User Player Session TranscodeSession Media decision file``."""
    override: dict[str, Attrs] = field(default_factory=dict)
    """Element -> attributes put over it, for absurd numbers; None removes one."""
    zombie: bool = False
    """The player ignores being ended."""
    transcode_id: str = ""
    throttled: bool = False
    speed: float = 4.2
    started: float = field(default_factory=time.time)
    ended: bool = False

    @property
    def decided(self) -> tuple[str, str, str] | None:
        """Decision for video, audio and subtitle; None = direct play."""
        return self.decisions if self.decisions is not None else DECISIONS.get(self.kind)


@dataclass(frozen=True, slots=True)
class Message:
    """What a player was told when it was ended."""

    session: str
    key: str
    user: str
    player: str
    reason: str
    at: float


class Sessions:
    """All playbacks of one server."""

    def __init__(self, library: Library, bus: Bus, quirks: Quirks) -> None:
        """Start with nobody watching."""
        self._library = library
        self._bus = bus
        self._quirks = quirks
        self.current: dict[str, Viewing] = {}
        self.messages: list[Message] = []
        """What players were told when they were ended, oldest first."""
        self.killed_transcodes: list[str] = []
        self._next_key = 1
        self._picks = 0
        self._timers: set[asyncio.TimerHandle] = set()
        self._turn = 0

    def __len__(self) -> int:
        """Count the listed playbacks."""
        return len(self.current)

    def __getitem__(self, key: str | int) -> Viewing:
        """Give a playback by its session key; raises KeyError."""
        return self.current[str(key)]

    def start(
        self,
        kind: Kind = "direct_play",
        *,
        item: Item | int | str | None = None,
        user: str | dict[str, Any] = "owner",
        player: str | dict[str, Any] | None = None,
        quiet: bool = False,
        missing: Any = (),
        **facts: Any,
    ) -> Viewing:
        """Let somebody play something.

        ``item``: an item, its number, title or type (``episode``); the next film without one. ``user``, ``player``: a
        name, or a mapping of attributes. ``quiet``: listed, but never told over the websocket. Other words are those of
        ``Viewing``. Raises LookupError when the library has no such thing.
        """
        if kind not in get_args(Kind.__value__):
            raise ValueError(kind)
        key = str(self._next_key)
        self._next_key += 1
        viewing = Viewing(
            key=key,
            id=facts.pop("id", uuid.uuid5(uuid.NAMESPACE_OID, f"{key}-{time.time_ns()}").hex[:24]),
            item=self._pick(kind, item),
            kind=kind,
            user=user_of(user),
            player=player_of(player, key),
            missing=frozenset([missing] if isinstance(missing, str) else missing),
        )
        self._apply(viewing, facts)
        if viewing.decided is not None:
            viewing.transcode_id = uuid.uuid4().hex[:24]
        self.current[key] = viewing
        if not quiet:
            if viewing.transcode_id:
                self._transcode("start", viewing)
            self.report(viewing)
        return viewing

    def ghost(self, key: str = "999", rating_key: str = "1", state: PlayState = "playing") -> None:
        """Tell of a playback that is not listed."""
        self._publish(key, rating_key, state, 0, "ghost-player", "")

    def pause(self, which: Viewing | str | int) -> Viewing:
        """Pause a playback."""
        return self._turn_to(which, "paused")

    def resume(self, which: Viewing | str | int) -> Viewing:
        """Let a playback go on."""
        return self._turn_to(which, "playing")

    def buffer(self, which: Viewing | str | int) -> Viewing:
        """Let a playback buffer."""
        return self._turn_to(which, "buffering")

    def seek(self, which: Viewing | str | int, offset: int) -> Viewing:
        """Jump to a place, in milliseconds."""
        viewing = self._of(which)
        viewing.offset = max(0, min(offset, viewing.item.duration or offset))
        self.report(viewing)
        return viewing

    def change(self, which: Viewing | str | int, *, item: Item | int | str | None = None, **facts: Any) -> Viewing:
        """Change a playback: another kind (a new transcode begins), item, hardware, or any word of ``Viewing``."""
        viewing = self._of(which)
        if viewing.transcode_id:
            self._transcode("end", viewing)
            viewing.transcode_id = ""
        if item is not None:
            viewing.item = self._pick(viewing.kind, item)
            viewing.offset = 0
        self._apply(viewing, facts)
        if viewing.decided is not None:
            viewing.transcode_id = uuid.uuid4().hex[:24]
            self._transcode("start", viewing)
        self.report(viewing)
        return viewing

    def stop(self, which: Viewing | str | int, *, quiet: bool = False) -> None:
        """End a playback from the player's side; ``quiet``: without telling (a player that lost its power)."""
        viewing = self._of(which)
        if viewing.ended:
            return
        viewing.ended = True
        viewing.state = "stopped"
        if viewing.item.duration and viewing.offset > viewing.item.duration * 0.9:
            self._library.played(viewing.item)
        if not quiet:
            if viewing.transcode_id:
                self._transcode("end", viewing)
            self.report(viewing)
        if self._quirks.vanish_delay:
            self._later(self._quirks.vanish_delay, viewing, forget=True)
        else:
            self.current.pop(viewing.key, None)

    def stop_all(self) -> None:
        """End every playback."""
        for viewing in list(self.current.values()):
            self.stop(viewing)

    def advance(self, seconds: float, only: Viewing | None = None) -> None:
        """Let time pass for what plays, or for one of them, without telling."""
        for viewing in self.current.values() if only is None else [only]:
            if viewing.state == "playing":
                viewing.offset = min(viewing.offset + int(seconds * 1000), viewing.item.duration or 2**31)

    def report(self, which: Viewing | str | int) -> None:
        """Send a playback's timeline report, as players do every ten seconds."""
        viewing = self._of(which)
        item, client = viewing.item, viewing.player.machine_identifier
        self._publish(viewing.key, str(item.id), viewing.state, viewing.offset, client, viewing.transcode_id, item.key)

    def report_all(self) -> None:
        """Send everybody's timeline report."""
        for viewing in list(self.current.values()):
            if not viewing.ended:
                self.report(viewing)

    def terminate(self, session: str, reason: str) -> bool:
        """End playbacks by ``Session.id``; False when there is none. The player may take its time or ignore it."""
        found = [view for view in self.current.values() if view.id == session and "Session" not in view.missing]
        for viewing in found:
            message = Message(session, viewing.key, viewing.user.name, viewing.player.title, reason, time.time())
            self.messages.append(message)
            if self._quirks.zombies or viewing.zombie:
                continue
            if self._quirks.terminate_delay:
                self._later(self._quirks.terminate_delay, viewing, forget=False)
            else:
                self.stop(viewing)
        return bool(found)

    def kill_transcode(self, key: str) -> bool:
        """Kill a transcode: its player stops without a message."""
        for viewing in list(self.current.values()):
            if viewing.transcode_id == key:
                self.killed_transcodes.append(key)
                self.stop(viewing)
                return True
        return False

    def renumber(self) -> None:
        """Restart of the server: who goes on playing gets a new key, from 1."""
        views = list(self.current.values())
        self.current.clear()
        self._next_key = 1
        for viewing in views:
            viewing.key = str(self._next_key)
            self._next_key += 1
            self.current[viewing.key] = viewing

    def nodes(self) -> list[Node]:
        """Give every playback as ``/status/sessions`` lists it."""
        views = list(self.current.values())
        if self._quirks.moving_order and views:
            self._turn = (self._turn + 1) % len(views)
            views = views[self._turn :] + views[: self._turn]
        return [session_node(view, old=self._quirks.old_sessions) for view in views]

    def transcodes(self) -> list[Node]:
        """Give every transcode as the old list has it: with a bare key."""
        return [transcode_node(view, bare=True) for view in self.current.values() if view.transcode_id]

    def close(self) -> None:
        """Forget what was to happen later."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _of(self, which: Viewing | str | int) -> Viewing:
        return which if isinstance(which, Viewing) else self.current[str(which)]

    def _turn_to(self, which: Viewing | str | int, state: PlayState) -> Viewing:
        viewing = self._of(which)
        viewing.state = state
        self.report(viewing)
        return viewing

    def _apply(self, viewing: Viewing, facts: dict[str, Any]) -> None:
        for name, value in facts.items():
            if name == "user":
                viewing.user = user_of(value)
            elif name == "player":
                viewing.player = player_of(value, viewing.key)
            elif name == "missing":
                viewing.missing = frozenset([value] if isinstance(value, str) else value)
            elif name == "decisions":
                viewing.decisions = None if value is None else tuple(value)
            elif name in Viewing.__slots__ and name not in ("key", "item"):
                setattr(viewing, name, value)
            else:
                raise KeyError(name)

    def _pick(self, kind: str, item: Item | int | str | None) -> Item:
        if kind in odd_items.MAKERS and item is None:
            self._picks += 1
            return odd_items.MAKERS[kind](self._picks)
        if isinstance(item, int) or (isinstance(item, str) and item.isdigit()):
            return self._library.items[int(item)]
        if isinstance(item, str) and item not in TYPES:
            return next(one for one in self._library.items.values() if one.title == item)
        if item is not None and not isinstance(item, str):
            return item
        wanted = (item,) if item else ("track",) if kind.startswith("music") else ("movie", "episode")
        for kind_of_item in wanted:
            for section in self._library.sections.values():
                items = section.by_type.get(kind_of_item)
                if items:
                    self._picks += 1
                    return list(items.values())[(self._picks * 7) % len(items)]
        raise LookupError("the library has nothing to play")

    def _later(self, seconds: float, viewing: Viewing, *, forget: bool) -> None:
        def happen() -> None:
            self._timers.discard(timer)
            if forget:
                self.current.pop(viewing.key, None)
            else:
                self.stop(viewing)

        timer = asyncio.get_running_loop().call_later(seconds, happen)
        self._timers.add(timer)

    def _transcode(self, event: str, viewing: Viewing) -> None:
        row: dict[str, Json] = to_json(transcode_node(viewing))
        self._bus.publish(f"transcodeSession.{event}", "TranscodeSession", [row])

    def update_transcodes(self) -> None:
        """Tell how the transcodes get on."""
        for viewing in self.current.values():
            if viewing.transcode_id and not viewing.ended:
                self._transcode("update", viewing)

    def _publish(
        self, key: str, rating_key: str, state: str, offset: int, client: str, transcode: str, path: str = ""
    ) -> None:
        row: dict[str, Json] = {
            "sessionKey": key,
            "clientIdentifier": client,
            "guid": "",
            "ratingKey": rating_key,
            "url": "",
            "key": path or f"/library/metadata/{rating_key}",
            "viewOffset": offset,
            "playQueueItemID": int(key) + 1000 if key.isdigit() else 0,
            "playQueueID": int(key) + 100 if key.isdigit() else 0,
            "state": state,
        }
        if transcode:
            row["transcodeSession"] = transcode
        self._bus.publish("playing", "PlaySessionStateNotification", [row])
