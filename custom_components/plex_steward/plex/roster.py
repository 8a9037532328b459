"""Who is on: turns reads of the session list and pushed reports into changes. Pure; the caller brings the time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .decisions import Decision
from .fields import integer, text
from .models import Row
from .streams import Kind, State, Stream

SETTLE: Final = 10.0
"""Seconds during which decisions may change unsaid: the first moments of a playback report wrong ones."""
STALE: Final = 300.0
"""Seconds without a sign of life after which a stream that claims to play is a ghost."""
LINGER: Final = 120.0
"""Seconds a stream may stay listed after its player said it stopped."""
BRIEF: Final = 10.0
"""Seconds a new stream may buffer before it counts as started."""


class ChangeType(StrEnum):
    """What happened to a stream."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    BUFFERING = "buffering"
    STOPPED = "stopped"
    TRANSCODE_CHANGED = "transcode_changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, with the facts rules ask for."""

    type: ChangeType
    stream: Stream
    streams_of_user: int
    """Streams this user has now, this one included unless it stopped."""
    places_of_user: int
    """Places this user watches in now; everyone at home is in one place."""


type Facts = tuple[Decision | str | None, ...]


@dataclass(slots=True)
class _Entry:
    stream: Stream
    alive: float
    """When there was a last sign of life."""
    started: bool = False
    """Whether `started` was told."""
    told: Facts = ()
    """What was last told of the decisions."""
    ghost: bool = False
    resumes: State = State.PLAYING
    """What it did before it began to buffer: buffering between two stretches of play is no resumption."""


class Roster:
    """The streams of one server."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._entries: dict[str, _Entry] = {}
        self._gone: dict[str, tuple[tuple[str | None, ...], float]] = {}
        """Streams whose player said it stopped, and when: the list goes on showing them for a while."""

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Everyone who is on, oldest first."""
        return tuple(entry.stream for entry in self._entries.values() if not entry.ghost)

    def read(self, streams: Iterable[Stream], now: float) -> list[Change]:
        """Take a fresh read of the whole list. A read that failed must not come here: it is not an empty list."""
        listed = {stream.key: stream for stream in streams}
        changes: list[Change] = []
        for key in [key for key in self._entries if key not in listed]:
            changes += self._leave(key)
        self._gone = {key: gone for key, gone in self._gone.items() if key in listed and now - gone[1] < LINGER}
        for key, stream in listed.items():
            if key in self._gone and self._gone[key][0] == stream.identity:
                continue
            entry = self._entries.get(key)
            if entry is not None and entry.stream.identity != stream.identity:
                changes += self._leave(key)  # the server restarted, or the player went on to the next item
                entry = None
            if entry is None:
                self._entries[key] = entry = self._enter(stream, now)
            else:
                self._live_on(entry, stream, now)
                changes += self._to_state(entry, stream.state, now)
            changes += self._settle(entry, now)
        return changes

    def report(self, rows: Iterable[Row], now: float) -> tuple[list[Change], bool]:
        """Take the rows of a `playing` message; also tell whether the list must be read to know more."""
        changes: list[Change] = []
        read = False
        for row in rows:
            found, again = self._report(row, now)
            changes += found
            read = read or again
        return changes, read

    def tick(self, now: float) -> list[Change]:
        """Let time pass: late starts are told, ghosts leave."""
        return [change for entry in list(self._entries.values()) for change in self._settle(entry, now)]

    def pardon(self, now: float) -> None:
        """Nobody could be heard for a while: that silence was ours, and makes no ghosts."""
        for entry in self._entries.values():
            entry.alive = now

    def shift(self, seconds: float) -> None:
        """Move all that was noted: the clock was set, and nothing is older or younger for it."""
        for entry in self._entries.values():
            stream = entry.stream
            started, since = (at and at + seconds for at in (stream.started, stream.since))
            entry.stream, entry.alive = replace(stream, started=started, since=since), entry.alive + seconds
        self._gone = {key: (identity, at + seconds) for key, (identity, at) in self._gone.items()}

    def _report(self, row: Row, now: float) -> tuple[list[Change], bool]:
        key, word = text(row, "sessionKey"), (text(row, "state") or "").lower()
        if key is None:
            return [], False
        entry = self._entries.get(key)
        if word in ("stopped", "error"):
            if entry is None:
                return [], False
            self._gone[key] = (entry.stream.identity, now)
            return self._leave(key), True
        self._gone.pop(key, None)
        if entry is None:
            return [], True
        item = text(row, "ratingKey")
        if item is not None and item != entry.stream.item.rating_key and entry.stream.item.kind is not Kind.LIVE:
            return [], True
        back, entry.ghost, entry.alive = entry.ghost, False, now
        entry.stream = replace(entry.stream, offset=_offset(row, entry.stream.offset))
        state = next((state for state in State if state.value == word), entry.stream.state)
        changes = self._to_state(entry, state, now) + self._settle(entry, now)
        work = entry.stream.transcode.key if entry.stream.transcode else None
        return changes, back or bool(changes) or text(row, "transcodeSession") != work

    def _enter(self, stream: Stream, now: float) -> _Entry:
        return _Entry(replace(stream, started=now, since=now), now, told=_facts(stream))

    def _leave(self, key: str) -> list[Change]:
        entry = self._entries.pop(key)
        return [self._change(ChangeType.STOPPED, entry.stream)] if entry.started and not entry.ghost else []

    def _live_on(self, entry: _Entry, stream: Stream, now: float) -> None:
        before = entry.stream
        if (stream.offset, stream.state) != (before.offset, before.state) or _worked(stream) != _worked(before):
            entry.alive, entry.ghost = now, False
        entry.stream = replace(stream, state=before.state, started=before.started, since=before.since)

    def _to_state(self, entry: _Entry, state: State, now: float) -> list[Change]:
        before = entry.stream.state
        if state is before:
            return []
        entry.stream = replace(entry.stream, state=state, since=now)
        if state is State.BUFFERING:
            entry.resumes = before
            return self._tell(entry, ChangeType.BUFFERING)
        if state is State.PAUSED:
            return (
                []
                if before is State.BUFFERING and entry.resumes is State.PAUSED
                else self._tell(entry, ChangeType.PAUSED)
            )
        paused = before is State.PAUSED or (before is State.BUFFERING and entry.resumes is State.PAUSED)
        return self._tell(entry, ChangeType.RESUMED) if state is State.PLAYING and paused else []

    def _settle(self, entry: _Entry, now: float) -> list[Change]:
        """Tell what was held back: a start until it really plays, other decisions until they are to be trusted."""
        stream = entry.stream
        age = now - (stream.started or now)
        if entry.ghost:
            return []
        if now - entry.alive >= STALE and _should_move(stream):
            changes = [self._change(ChangeType.STOPPED, stream, gone=True)] if entry.started else []
            entry.ghost, entry.started = True, False
            return changes
        if not entry.started:
            if stream.state is State.BUFFERING and age < BRIEF:
                return []
            entry.started, entry.told = True, _facts(stream)
            return [self._change(ChangeType.STARTED, stream)]
        if age >= SETTLE and (facts := _facts(stream)) != entry.told:
            entry.told = facts
            return [self._change(ChangeType.TRANSCODE_CHANGED, stream)]
        return []

    def _tell(self, entry: _Entry, kind: ChangeType) -> list[Change]:
        return [self._change(kind, entry.stream)] if entry.started and not entry.ghost else []

    def _change(self, kind: ChangeType, stream: Stream, *, gone: bool = False) -> Change:
        count, places = self.of_user(stream, without=stream.key if gone else None)
        return Change(kind, stream, count, places)

    def of_user(self, stream: Stream, *, without: str | None = None) -> tuple[int, int]:
        """Count the streams of a stream's user, and the places they are watched in."""
        user = stream.user.key
        same = [other for other in self.streams if other.user.key == user and user and other.key != without]
        return len(same), len({other.place for other in same if other.place})


def _offset(row: Row, before: int | None) -> int | None:
    found = integer(row, "viewOffset")
    return found if found is not None and found >= 0 else before


def _worked(stream: Stream) -> tuple[float | None, float | None]:
    work = stream.transcode
    return (work.progress, work.buffered) if work else (None, None)


def _should_move(stream: Stream) -> bool:
    """Tell whether a silent stream is a ghost: one that claims to play something whose position moves."""
    moves = stream.item.kind not in (Kind.PHOTO, Kind.LIVE)
    return moves and stream.state in (State.PLAYING, State.BUFFERING) and stream.offset is not None


def _facts(stream: Stream) -> Facts:
    """Return what makes a conversion another one."""
    picture, sound = stream.delivered.video, stream.delivered.audio
    return (
        stream.video_decision,
        stream.audio_decision,
        stream.subtitle_decision,
        stream.container_decision,
        picture.resolution if picture else None,
        picture.codec if picture else None,
        sound.codec if sound else None,
        stream.transcode.encoder if stream.transcode and stream.hardware else None,
    )
