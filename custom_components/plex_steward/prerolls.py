"""What Plex is to play before a film, and when to write it. Pure; `stewardship.prerolls` carries it out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from .seasons import Season

PREFERENCE: Final = "CinemaTrailersPrerollID"
"""The server's setting: paths as the server sees them, joined by `,` (all in order) or `;` (one at random)."""
AUTOMATIC: Final = "automatic"
NONE: Final = "none"


class Order(StrEnum):
    """How the files of a set are played."""

    SEQUENCE = "sequence"
    """All, in order."""
    RANDOM = "random"
    """One of them, which Plex chooses."""


SEPARATOR: Final[Mapping[Order, str]] = {Order.SEQUENCE: ",", Order.RANDOM: ";"}


class UnspeakablePathError(ValueError):
    """A path that the setting cannot express: it holds a comma or a semicolon, which separate files."""

    def __init__(self, path: str) -> None:
        """Keep the path."""
        super().__init__(path)
        self.path = path


def joined(paths: Iterable[str], order: Order) -> str:
    """The setting's text for these files; raises `UnspeakablePathError`."""
    cleaned = [path.strip() for path in paths if path.strip()]
    for path in cleaned:
        if any(separator in path for separator in SEPARATOR.values()):
            raise UnspeakablePathError(path)
    return SEPARATOR[order].join(cleaned)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrerollSet:
    """A named list of files and when it is on."""

    id: str
    name: str
    text: str
    """As the setting has it."""
    season: Season
    priority: int = 0
    """The highest wins where several are on; among equals the first by name."""

    @classmethod
    def from_dict(cls, subentry_id: str, name: str, stored: Mapping[str, Any]) -> PrerollSet:
        """Read what the flow stored."""
        return cls(
            id=subentry_id,
            name=name,
            text=joined(stored["paths"], Order(stored.get("order", Order.SEQUENCE))),
            season=Season.from_dict(stored),
            priority=int(stored.get("priority", 0)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What must be known after a restart."""

    mode: str = AUTOMATIC
    """`automatic`, `none`, or the id of a set chosen by hand."""
    active: str = ""
    """What was put in force last: the id of a set, `none`, or nothing."""
    written: str = ""
    """The text written for it."""
    original: str | None = None
    """The text found before the first season; None while nothing of ours is in force."""
    pending: tuple[str, ...] = ()
    """Texts that were sent to the server and may have arrived; empty when that is settled."""

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Memory:
        """Read what was written down."""
        return cls(**{**stored, "pending": tuple(stored.get("pending", ()))})


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now."""

    memory: Memory
    """To be kept once `write` has been done."""
    write: str | None = None
    """Text for the setting; None leaves it alone."""
    intent: Memory | None = None
    """To be kept before `write` is tried: should its answer be lost, ours must not be taken for somebody else's."""


def choose(
    sets: Mapping[str, PrerollSet], mode: str, today: date, calendar_on: Callable[[str], bool] = lambda _: False
) -> PrerollSet | None:
    """The set chosen by hand, else the one whose season is on; `today` is the local day, `sets` are by id."""
    if mode != AUTOMATIC:
        return sets.get(mode)
    due = (one for one in sets.values() if one.season.on(today, calendar_on))
    return min(due, key=lambda one: (-one.priority, one.name, one.id), default=None)


def target_of(mode: str, wanted: PrerollSet | None) -> str:
    """What should be in force: the id of a set, `none`, or nothing of ours."""
    return NONE if mode == NONE else wanted.id if wanted else ""


def settled(memory: Memory, wanted: PrerollSet | None) -> bool:
    """Whether what should be in force is, as far as is known without asking the server."""
    return target_of(memory.mode, wanted) == memory.active and not memory.pending


def decide(memory: Memory, wanted: PrerollSet | None, current: str) -> Decision:
    """Compare what should be in force with what is; `current` is the setting as just read.

    `wanted` is the set that is due or chosen; with the mode `none`, nothing is to be played. The setting is written
    only when another set (or none) comes into force, so a change made by hand in Plex stays until then. When nothing
    of ours is due any more, the text from before the first season comes back, unless somebody changed ours meanwhile.
    """
    target = target_of(memory.mode, wanted)
    text = "" if wanted is None or target == NONE else wanted.text
    ours = current in memory.pending or bool(memory.active and current == memory.written)
    calm = replace(memory, pending=())
    if target and target == memory.active:  # what is ours follows an edited set; what is not stays
        return _written(memory, replace(calm, written=text), text, current) if ours else Decision(calm)
    if target:
        known = memory.original is not None and (memory.active or ours)
        original = memory.original if known else current
        return _written(memory, replace(calm, active=target, written=text, original=original), text, current)
    after = replace(calm, active="", written="", original=None)
    return _written(memory, after, memory.original or "" if ours and memory.original is not None else current, current)


def _written(before: Memory, after: Memory, text: str, current: str) -> Decision:
    if text == current:
        return Decision(after)
    original = before.original if after.original is None else after.original
    pending = tuple(dict.fromkeys((*before.pending, text)))
    return Decision(after, text, replace(before, original=original, pending=pending))
