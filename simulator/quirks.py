"""Ways in which real servers differ or misbehave, each switchable at any time."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
import fnmatch
from typing import Any, Literal, get_args

type FaultKind = Literal["status", "truncate", "cut", "broken_utf8", "invalid_xml", "delay", "redirect", "html", "hang"]


@dataclass(slots=True)
class Quirks:
    """Standing properties of the server; the defaults are a healthy one of today."""

    include_elements: Literal["honoured", "ignored", "error"] = "honoured"
    """What ``includeElements=Stream`` does on listings; ``error`` answers 500."""
    page_cap: int = 0
    """Most items in one page whatever was asked for; 0 = no limit."""
    starting: bool = False
    """Everything but the control answers 503."""
    delay: float = 0.0
    """Seconds before every answer."""
    open_network: bool = False
    """Everything is answered without a token ("allowed without auth")."""
    plex_pass: bool = True
    """Without it the server cannot end streams: terminate answers 401."""
    terminate_status: int = 200
    """What terminate answers; anything but 200 ends nothing."""
    terminate_delay: float = 0.0
    """Seconds before a player reacts to being ended."""
    vanish_delay: float = 0.0
    """Seconds a stopped session stays listed after its ``stopped`` notification."""
    zombies: bool = False
    """Players ignore being ended."""
    old_sessions: bool = False
    """Sessions as old servers list them: no ``decision`` and no ``location`` on parts and streams."""
    shared_sessions_status: int = 403
    """What a shared account gets for ``/status/sessions`` (401 before 1.41.7, 403 since, 404 behind some proxies)."""
    missing_prefs: set[str] = field(default_factory=set)
    """Preferences this version does not know: absent from the list, 400 when set."""
    refused_prefs: set[str] = field(default_factory=set)
    """Preferences that are listed but answer 400 when set."""
    scan_seconds: float = 0.0
    """How long a scan takes."""
    optimize_seconds: float = 0.0
    """How long optimising the database takes; without ``async=1`` the caller waits for it."""
    activity_header: bool = True
    """Whether an answer that starts an activity names it in ``X-Plex-Activity``."""
    numeric_ids: bool = False
    """Timeline notifications with numbers for ``sectionID`` and ``itemID``, as in 2018."""
    moving_order: bool = False
    """``/status/sessions`` lists the streams in another order each time."""
    stream_details: bool = True
    """False leaves the newer attributes out of streams (``HDR10PlusPresent``, Atmos in profiles and titles)."""
    unmounted: bool = False
    """``checkFiles`` finds no file at all, as when a disk is away."""
    optional_updater: bool = True
    """False: the updater knows nothing and has no release (NAS packages)."""

    def update(self, values: dict[str, Any]) -> None:
        """Change some quirks by name; raises KeyError for a word that is none."""
        known = {entry.name for entry in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise KeyError(name)
            setattr(self, name, set(value) if isinstance(getattr(self, name), set) else value)

    def as_dict(self) -> dict[str, Any]:
        """Give all quirks as JSON has them."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}


@dataclass(slots=True)
class Fault:
    """Something that goes wrong with requests to some path, a number of times."""

    path: str
    """Shell pattern of the path, for example ``/library/sections/*/all``."""
    kind: FaultKind
    """``truncate``: a valid answer with a cut body; ``cut``: the connection breaks in the body; ``hang``: no answer."""
    times: int | None = 1
    """How often; None = always."""
    after: int = 0
    """How many matching requests pass first."""
    status: int = 500
    """For ``status`` and ``redirect``."""
    seconds: float = 0.0
    """For ``delay``."""
    location: str = ""
    """For ``redirect``."""
    method: str = "*"

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in get_args(FaultKind.__value__):
            raise ValueError(self.kind)

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether this request goes wrong, and count it."""
        if self.method not in ("*", method) or not fnmatch.fnmatchcase(path, self.path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        if self.times <= 0:
            return False
        self.times -= 1
        return True
