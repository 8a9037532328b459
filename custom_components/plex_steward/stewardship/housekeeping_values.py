"""What housekeeping speaks in: its steps, what came of them, and how the options describe it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Any, Final

from ..schedule import DAILY_TIME, Schedule, parse

CONF_HOUSEKEEPING: Final = "housekeeping"
CONF_TIME: Final = "time"
CONF_ONLY_WHEN_IDLE: Final = "only_when_idle"
CONF_TRASH_LIMIT: Final = "trash_limit"
CONF_MAPPED_PATHS: Final = "mapped_paths"
CONF_DATABASE_CACHE: Final = "database_cache"

OFF: Final = "off"
DAILY: Final = "daily"
BETWEEN: Final = ";"
"""Separates alternatives where a comma cannot: `all[...]` stands alone between commas."""
ARROW: Final = "="
"""Stands in a mapped path between the server's folder and Home Assistant's."""
DEFAULT_TRASH_LIMIT: Final = 50


class Step(StrEnum):
    """One thing to do, in the order in which they are done: bundles of items in the trash are still in use."""

    EMPTY_TRASH = "empty_trash"
    CLEAN_BUNDLES = "clean_bundles"
    OPTIMIZE_DATABASE = "optimize_database"


STEPS: Final = tuple(Step)


class Outcome(StrEnum):
    """What came of it, best first."""

    DONE = "done"
    REQUESTED = "requested"
    """The server has taken the request, and does not tell when it is done."""
    REFUSED = "refused"
    """By us, because the trash looks like a disk that is away."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryResult:
    """What came of a library's trash."""

    uuid: str
    title: str
    outcome: Outcome
    trashed: int | None = None
    """Items in the trash before."""
    reason: str = ""
    """Why not, in one stable word."""
    folder: str = ""
    """Which folder was missed, as the server sees it."""
    items: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What came of a step."""

    step: Step
    outcome: Outcome
    began: float
    """Epoch seconds; so is `ended`."""
    ended: float
    reason: str = ""
    libraries: tuple[LibraryResult, ...] = ()

    @property
    def ended_at(self) -> datetime:
        """When it was over for us."""
        return datetime.fromtimestamp(self.ended, UTC)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for storage."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> StepResult:
        """Read what `as_dict` gave."""
        libraries = tuple(
            LibraryResult(**{**row, "outcome": Outcome(row["outcome"])}) for row in stored.get("libraries", ())
        )
        return cls(
            **{
                **stored,
                "step": Step(stored["step"]),
                "outcome": Outcome(stored["outcome"]),
                "libraries": libraries,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingConfig:
    """Housekeeping as the options describe it."""

    schedules: Mapping[Step, Schedule]
    """Only the steps that run by the clock."""
    at: time
    only_when_idle: bool
    trash_limit: int
    mapped_paths: tuple[tuple[str, str], ...]
    """(folder as the server sees it, as Home Assistant sees it)."""
    database_cache: int | None
    """MB to be written at each start; None leaves it alone."""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> HousekeepingConfig:
        """Read the options; what is missing has its default."""
        chosen: Mapping[str, Any] = options.get(CONF_HOUSEKEEPING, {})
        schedules = {step: schedule_of(chosen.get(step, OFF)) for step in STEPS}
        cache = chosen.get(CONF_DATABASE_CACHE)
        return cls(
            schedules={step: schedule for step, schedule in schedules.items() if schedule is not None},
            at=time.fromisoformat(chosen.get(CONF_TIME, DAILY_TIME.isoformat())),
            only_when_idle=chosen.get(CONF_ONLY_WHEN_IDLE, True),
            trash_limit=int(chosen.get(CONF_TRASH_LIMIT, DEFAULT_TRASH_LIMIT)),
            mapped_paths=tuple(pair for line in chosen.get(CONF_MAPPED_PATHS, ()) if (pair := mapped_path(line))),
            database_cache=int(cache) if cache else None,
        )


def schedule_of(text: str) -> Schedule | None:
    """Understand what a step's field says; None for one that is off."""
    entries = [entry for part in text.split(BETWEEN) if (entry := part.strip())]
    if not entries or [entry.lower() for entry in entries] in (["never"], [OFF]):
        return None
    return parse(entries)


def within_hours(moment: time, start: float, end: float) -> bool:
    """Tell whether a time of the day lies between two full hours, the second exclusive; over midnight if it is less."""
    hour = moment.hour
    return start <= hour < end if start <= end else hour >= start or hour < end


def mapped_path(line: str) -> tuple[str, str] | None:
    """Read `folder on the server = folder here`; None for what is no such line."""
    server, arrow, here = (part.strip() for part in line.partition(ARROW))
    return (server, here) if server and arrow and here.startswith("/") else None
