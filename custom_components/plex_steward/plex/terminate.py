"""Ending streams: which ones, how, and what became of each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from . import errors
from .decisions import Decision
from .streams import State, Stream

LINGER: Final = 15.0
"""Seconds a player gets to leave before it is reported as still there."""
_STEP: Final = 1.0

type ReadStreams = Callable[[], Awaitable[Sequence[Stream]]]
"""Reads the list of streams anew; `since` must be filled in (by the roster)."""


class Terminator(Protocol):
    """What is needed of the client."""

    async def terminate(self, session_id: str, reason: str) -> None:
        """Ask the server to end a stream; raises errors of this ring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which streams: those that fit everything given. Nothing given selects none, unless `everyone`."""

    session: str | None = None
    """`Session.id` or session key."""
    user: str | None = None
    """Account id or name."""
    player: str | None = None
    """Title, product, device or machine identifier of the player."""
    decision: Decision | None = None
    video_decision: Decision | None = None
    paused_longer_than: float | None = None
    """Seconds."""
    everyone: bool = False

    def choose(self, streams: Iterable[Stream], now: float) -> tuple[Stream, ...]:
        """Return the streams that fit at this moment."""
        given = (self.session, self.user, self.player, self.decision, self.video_decision, self.paused_longer_than)
        if not self.everyone and all(value is None for value in given):
            return ()
        return tuple(stream for stream in streams if self._fits(stream, now))

    def _fits(self, stream: Stream, now: float) -> bool:
        player = stream.player
        return (
            _names(self.session, stream.key, stream.id)
            and _names(self.user, stream.user.id, stream.user.name)
            and _names(self.player, player.title, player.machine_id, player.product, player.device)
            and self.decision in (None, stream.decision)
            and self.video_decision in (None, stream.video_decision)
            and (self.paused_longer_than is None or self._paused(stream, now) > self.paused_longer_than)
        )

    def _paused(self, stream: Stream, now: float) -> float:
        if stream.state is not State.PAUSED or stream.since is None:
            return -1.0
        return now - stream.since


def _names(wanted: str | None, *names: str | None) -> bool:
    return wanted is None or wanted.casefold() in {name.casefold() for name in names if name}


class Result(StrEnum):
    """What became of a stream."""

    ENDED = "ended"
    GONE = "gone"
    """Had ended by itself."""
    REFUSED = "refused"
    STILL_THERE = "still_there"
    """The server took the request, the player goes on: some ignore it."""


class Refusal(StrEnum):
    """Why a stream could not be ended."""

    NO_SESSION_ID = "no_session_id"
    """Plex gave it no id (some casts): it cannot be ended from outside."""
    NO_PLEX_PASS = "no_plex_pass"  # noqa: S105 - no password
    NOT_OWNER = "not_owner"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one stream."""

    stream: Stream
    result: Result
    refusal: Refusal | None = None


async def end_streams(
    client: Terminator,
    selection: Selection,
    reason: str,
    *,
    read: ReadStreams,
    clock: Callable[[], float],
    linger: float = LINGER,
) -> list[Outcome]:
    """End the selected streams and wait up to `linger` seconds for their players to leave.

    The list is read just before, so that nobody is judged by an old one. Errors of that first read are raised; what
    goes wrong with a single stream is in its outcome.
    """
    targets = selection.choose(await read(), clock())
    refusals = dict(zip(targets, await asyncio.gather(*(_end(client, one, reason) for one in targets)), strict=True))
    asked = {stream.identity for stream, result in refusals.items() if result is Result.ENDED}
    remaining = await _remaining(asked, read, linger) if asked else set()
    return [_outcome(stream, result, remaining) for stream, result in refusals.items()]


def _outcome(stream: Stream, result: Result | Refusal, remaining: set[tuple[str | None, ...]]) -> Outcome:
    if isinstance(result, Refusal):
        return Outcome(stream, Result.REFUSED, result)
    return Outcome(stream, Result.STILL_THERE if stream.identity in remaining else result)


_MEANING: Final[tuple[tuple[type[errors.PlexError], Result | Refusal], ...]] = (
    (errors.NotFound, Result.GONE),
    (errors.PlexPassRequired, Refusal.NO_PLEX_PASS),
    (errors.Forbidden, Refusal.NOT_OWNER),
    (errors.Unauthorized, Refusal.NOT_OWNER),
    (errors.Rejected, Refusal.REJECTED),
)
"""What an error says of one stream; any other is that the server could not be asked."""


async def _end(client: Terminator, stream: Stream, reason: str) -> Result | Refusal:
    if not stream.id:
        return Refusal.NO_SESSION_ID
    try:
        await client.terminate(stream.id, reason)
    except errors.PlexError as err:
        return next((meaning for kind, meaning in _MEANING if isinstance(err, kind)), Refusal.UNREACHABLE)
    return Result.ENDED


async def _remaining(
    asked: set[tuple[str | None, ...]], read: ReadStreams, linger: float
) -> set[tuple[str | None, ...]]:
    """Wait for streams to leave the list; a list that cannot be read tells nothing and is asked again."""
    left = set(asked)
    for step in range(max(1, round(linger / _STEP))):
        if step:
            await asyncio.sleep(_STEP)
        with suppress(errors.PlexError):
            left &= {stream.identity for stream in await read()}
        if not left:
            break
    return left
