"""The streams of a server, as values: who plays what, where, and how it gets there."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import override

from .decisions import Decision
from .media import Content


class Kind(StrEnum):
    """What is being played."""

    MOVIE = "movie"
    EPISODE = "episode"
    TRACK = "track"
    PHOTO = "photo"
    LIVE = "live"
    """Live television, whatever is on."""
    CLIP = "clip"
    """A trailer, another extra, or a home video."""


class State(StrEnum):
    """What the player does."""

    PLAYING = "playing"
    PAUSED = "paused"
    BUFFERING = "buffering"
    UNKNOWN = "unknown"
    """The player does not say."""


class Location(StrEnum):
    """Which way the stream leaves the server."""

    LAN = "lan"
    WAN = "wan"
    CELLULAR = "cellular"


@dataclass(frozen=True, slots=True)
class Item:
    """What is being played."""

    kind: Kind
    title: str = field(repr=False)
    rating_key: str | None = None
    parent_title: str | None = field(default=None, repr=False)
    """Season or album."""
    grandparent_title: str | None = field(default=None, repr=False)
    """Show or artist."""
    season: int | None = None
    episode: int | None = None
    year: int | None = None
    edition: str | None = None
    library_key: str | None = None
    library_title: str | None = field(default=None, repr=False)
    duration: int | None = None
    """Milliseconds; `None` for live television, whose length means nothing."""
    thumb: str | None = None
    """Path on the server, needs the token."""

    @property
    def full_title(self) -> str:
        """The title with what it belongs to: `Show · S01E02 · Title`, `Artist · Title`."""
        number = f"S{self.season:02d}E{self.episode:02d}" if None not in (self.season, self.episode) else None
        return " · ".join(part for part in (self.grandparent_title, number, self.title) if part)


@dataclass(frozen=True, slots=True)
class User:
    """Who plays; id 1 is the owner."""

    id: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)

    @property
    def key(self) -> str | None:
        """What tells users apart."""
        return self.id or self.name


@dataclass(frozen=True, slots=True)
class Player:
    """Where it plays."""

    title: str | None = field(default=None, repr=False)
    product: str | None = None
    device: str | None = None
    platform: str | None = None
    version: str | None = None
    machine_id: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    public_address: str | None = field(default=None, repr=False)
    local: bool | None = None
    relayed: bool | None = None
    secure: bool | None = None

    @property
    def name(self) -> str | None:
        """What to call it."""
        return self.title or self.product


@dataclass(frozen=True, slots=True)
class Transcode:
    """The server's work for a stream; there may be one although nothing is converted."""

    key: str
    """Bare id, as notifications have it."""
    protocol: str | None = None
    speed: float | None = None
    """Multiple of real time; 0 while throttled."""
    throttled: bool = False
    """Far enough ahead of the player to rest."""
    complete: bool = False
    progress: float | None = None
    """Per cent of the item."""
    buffered: float | None = None
    """Seconds converted ahead of the player."""
    hardware_requested: bool = False
    """Says nothing about what happened; `decoder` and `encoder` do."""
    decoder: str | None = None
    """Engine that decodes in hardware, such as `nvdec`."""
    encoder: str | None = None
    decoder_name: str | None = None
    encoder_name: str | None = None
    full_pipeline: bool = False
    """Pictures never leave the graphics processor."""


@dataclass(frozen=True, slots=True, repr=False)
class Stream:
    """One playback session."""

    key: str
    """`sessionKey`: unique while the server runs, starts again at 1 after."""
    id: str | None
    """`Session.id`: ends the stream. Missing for some casts: those cannot be ended."""
    item: Item
    user: User
    player: Player
    state: State
    decision: Decision
    video_decision: Decision | None
    """`None` when there is no picture; likewise for the others."""
    audio_decision: Decision | None
    subtitle_decision: Decision | None
    container_decision: Decision
    source: Content
    """The file, as far as it is known."""
    delivered: Content
    """What the player receives."""
    offset: int | None = None
    """Milliseconds into the item, at the player's last report."""
    bandwidth: int | None = None
    """kbit/s the server reserved; not measured traffic."""
    location: Location | None = None
    transcode: Transcode | None = None
    started: float | None = None
    """Epoch seconds when we first saw it; from here on the roster knows."""
    since: float | None = None
    """Epoch seconds when it came into its state."""

    @override
    def __repr__(self) -> str:
        """Tell for logs what no server chose the words of: a name may turn up in any field."""
        return f"<Stream of a {self.item.kind}: {self.state}, {self.decision}>"

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What stays the same while this is one and the same stream."""
        return (self.key, self.item.rating_key or self.item.title, self.user.key, self.player.machine_id)

    @property
    def hardware(self) -> bool:
        """Whether the picture is converted with the help of hardware."""
        work = self.transcode if self.video_decision is Decision.TRANSCODE else None
        return work is not None and bool(work.encoder or work.decoder)

    @property
    def progress(self) -> float | None:
        """Per cent played."""
        if not self.item.duration or self.offset is None:
            return None
        return min(100.0, round(100 * self.offset / self.item.duration, 1))

    @property
    def place(self) -> str | None:
        """Where the viewer is: `lan`, or the public address, IPv6 cut to the network.

        Everyone at home is in one place; whoever watches in two places at once shares the account.
        """
        if self.player.local or self.location is Location.LAN:
            return "lan"
        address = (self.player.public_address or self.player.address or "").removeprefix("::ffff:")
        return network(address) if address else None


def network(address: str) -> str:
    """Cut an IPv6 address to its /64: devices change the rest at will."""
    if ":" not in address:
        return address
    head, _, tail = address.partition("::")
    groups = [group for group in head.split(":") if group]
    behind = [group for group in tail.split(":") if group]
    return ":".join((groups + ["0"] * (8 - len(groups) - len(behind)) + behind)[:4])
