"""The values this ring speaks in: frozen, and silent about secrets when printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

type Row = Mapping[str, Any]
"""One JSON object as the server sent it; every scalar may be text or number."""


class Place(StrEnum):
    """Where an address leads, best first."""

    LOCAL = "local"
    REMOTE = "remote"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Address:
    """One way to a server."""

    url: str = field(repr=False)
    """Scheme, host and port without a slash at the end."""
    place: Place = Place.LOCAL
    ipv6: bool = False
    manual: bool = False
    """Typed by the user: preferred to what plex.tv says."""

    @property
    def secure(self) -> bool:
        """Whether it is spoken to over TLS."""
        return self.url.startswith("https:")

    @property
    def rank(self) -> tuple[bool, int, bool, bool]:
        """Sort key, best first: typed, local https, local http, remote, relay; IPv4 before IPv6."""
        return (not self.manual, list(Place).index(self.place), not self.secure, self.ipv6)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for storage."""
        return {"url": self.url, "place": str(self.place), "ipv6": self.ipv6, "manual": self.manual}

    @classmethod
    def from_dict(cls, data: Row) -> Self:
        """Read what `as_dict` gave."""
        return cls(data["url"], Place(data["place"]), data["ipv6"], data["manual"])


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server says of itself to everybody (`/identity`)."""

    machine_identifier: str
    version: str
    claimed: bool | None = None
    """False for a server no account owns yet."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself to us (`/`)."""

    machine_identifier: str
    name: str
    version: str
    platform: str
    platform_version: str = ""
    plex_pass: bool | None = None
    features: frozenset[str] = frozenset()
    """`ownerFeatures`: `session_kick` is needed to stop streams. Empty on old servers, which says nothing."""
    remote_access: bool | None = None
    """Whether it is reachable from outside; None when it does not say (a shared user is not told)."""
    active_transcodes: int | None = None

    @property
    def can_terminate(self) -> bool:
        """Whether the server can stop streams; when in doubt, yes: the attempt will tell."""
        return "session_kick" in self.features or (not self.features and self.plex_pass is not False)


@dataclass(frozen=True, slots=True)
class Library:
    """One library (Plex: section)."""

    uuid: str
    """Its name for ever; the key may be given to another library after a rebuild."""
    key: str
    """What the server's paths call it."""
    title: str
    type: str
    """`movie`, `show`, `artist` or `photo`."""
    agent: str = ""
    scanner: str = ""
    language: str = ""
    locations: tuple[str, ...] = ()
    """Folders as the server sees them; may be Windows paths."""
    refreshing: bool = False
    content_changed_at: int = 0
    """A counter, not a time: only says that something differs from last time."""
    scanned_at: datetime | None = None
    updated_at: datetime | None = None
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """Something the server is busy with."""

    uuid: str
    type: str
    """Such as `library.update.section`."""
    title: str
    subtitle: str = ""
    progress: float | None = None
    """Per cent; None when unknown."""
    cancellable: bool = False
    library_key: str | None = None


@dataclass(frozen=True, slots=True)
class ButlerTask:
    """One of the server's own nightly tasks; whether it runs now, only activities tell."""

    name: str
    title: str = ""
    description: str = ""
    interval: int = 0
    """Days."""
    enabled: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """One preference of the server."""

    id: str
    """Spelled as the server spells it; case matters when writing."""
    value: str | int | float | bool
    default: str | int | float | bool
    type: str
    """`text`, `int`, `bool` or `double`."""
    label: str = ""
    summary: str = ""
    group: str = ""
    hidden: bool = False
    advanced: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label) of each value it can have; empty for any."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version of the server that it could become."""

    version: str
    added: str = ""
    """Release notes: what is new, as text."""
    fixed: str = ""
    state: str = ""
    """`available`, `downloading`, `downloaded`, `installing` ..."""


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """What the server knows of its own updates."""

    can_install: bool = False
    checked_at: datetime | None = None
    release: Release | None = None
    """None when nothing newer is known."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a library, as far as lists of hits tell."""

    key: str
    """Its ratingKey."""
    type: str
    """`movie`, `show`, `season`, `episode`, `artist`, `album`, `track` ..."""
    title: str
    parent_title: str = ""
    """Season of an episode, artist of an album, album of a track."""
    show_title: str = ""
    """Show of an episode, artist of a track."""
    year: int | None = None
    added_at: datetime | None = None
    library_key: str | None = None
    thumb: str | None = None
    """Path of its picture, for `PlexClient.artwork`."""


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the server's machine is, in per cent."""

    host_cpu: float
    process_cpu: float
    host_memory: float
    process_memory: float


@dataclass(frozen=True, slots=True)
class Pin:
    """A sign-in that waits for approval."""

    id: int
    code: str = field(repr=False)
    expires_at: datetime
    """Aware, on plex.tv's clock made ours: counted from now, not read from a date."""
    strong: bool = True
    """Strong codes go into a link; short ones (4 letters) are typed at plex.tv/link."""


@dataclass(frozen=True, slots=True)
class Account:
    """A Plex account. Names and mail stay out of print."""

    id: int
    uuid: str = field(repr=False)
    title: str = field(repr=False)
    username: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    plex_pass: bool = False
    restricted: bool = False
    """A managed (child) account."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A server of an account, owned or shared."""

    machine_identifier: str
    name: str = field(repr=False)
    owned: bool
    token: str = field(repr=False)
    """For this server only, and for no other host."""
    version: str = ""
    platform: str = ""
    owner: str = field(default="", repr=False)
    """Who shares it; empty for one's own."""
    presence: bool = False
    """Whether plex.tv sees it online."""
    https_required: bool = False
    addresses: tuple[Address, ...] = ()
    """Best first; none when it is offline."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server that made itself heard in the local network."""

    machine_identifier: str
    name: str = field(repr=False)
    host: str = field(repr=False)
    port: int
    version: str = ""

    @property
    def url(self) -> str:
        """Plain http: the only address without a certificate's name. Ask `/identity` there, never with a token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Event:
    """One message of the server."""

    type: str
    """`playing`, `activity`, `timeline`, `status`, `reachability`, `preference`, `transcodeSession.update` ..."""
    rows: tuple[Row, ...]
    """The rows of the message, as sent; may hold names: not for logs."""
