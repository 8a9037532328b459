"""From the server's JSON rows to our values."""

from collections.abc import Iterable
from datetime import UTC, datetime

from .fields import children, flag, integer, number, text
from .models import Activity, ButlerTask, Library, Load, Release, Row, ServerInfo, Setting, UpdateStatus


def moment(row: Row, name: str) -> datetime | None:
    """Read a Unix time; None when absent, zero or beyond what a date can hold."""
    seconds = integer(row, name)
    if not seconds or seconds < 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except OverflowError, ValueError, OSError:
        return None


def server_info(root: Row) -> ServerInfo:
    """Read `/`."""
    mapping = text(root, "myPlexMappingState")
    return ServerInfo(
        machine_identifier=text(root, "machineIdentifier") or "",
        name=text(root, "friendlyName") or "Plex Media Server",
        version=text(root, "version") or "",
        platform=text(root, "platform") or "",
        platform_version=text(root, "platformVersion") or "",
        plex_pass=flag(root, "myPlexSubscription"),
        features=frozenset(word.strip() for word in (text(root, "ownerFeatures") or "").split(",") if word.strip()),
        remote_access=None
        if mapping is None or mapping in ("unknown", "waiting")
        else mapping == "mapped" and text(root, "myPlexMappingError") is None,
        active_transcodes=integer(root, "transcoderActiveVideoSessions"),
    )


def libraries(rows: Iterable[Row]) -> tuple[Library, ...]:
    """Read the sections in the server's order; one without uuid or key cannot be named and is left out."""
    found = []
    for row in rows:
        uuid, key = text(row, "uuid"), text(row, "key")
        if uuid is None or key is None:
            continue
        found.append(
            Library(
                uuid=uuid,
                key=key,
                title=text(row, "title") or "",
                type=text(row, "type") or "",
                agent=text(row, "agent") or "",
                scanner=text(row, "scanner") or "",
                language=text(row, "language") or "",
                locations=tuple(path for place in children(row, "Location") if (path := text(place, "path"))),
                refreshing=flag(row, "refreshing") is True,
                content_changed_at=integer(row, "contentChangedAt") or 0,
                scanned_at=moment(row, "scannedAt"),
                updated_at=moment(row, "updatedAt"),
                hidden=integer(row, "hidden") or 0,
            )
        )
    return tuple(found)


def activity(row: Row) -> Activity:
    """Read an activity, from `/activities` or from a notification."""
    progress = number(row, "progress")
    context = children(row, "Context")
    return Activity(
        uuid=text(row, "uuid") or "",
        type=text(row, "type") or "",
        title=text(row, "title") or "",
        subtitle=text(row, "subtitle") or "",
        progress=None if progress is None or progress < 0 else min(progress, 100.0),
        cancellable=flag(row, "cancellable") is True,
        library_key=text(context[0], "librarySectionID") if context else None,
    )


def butler_task(row: Row) -> ButlerTask:
    """Read a task of the butler."""
    return ButlerTask(
        name=text(row, "name") or "",
        title=text(row, "title") or "",
        description=text(row, "description") or "",
        interval=integer(row, "interval") or 0,
        enabled=flag(row, "enabled") is True,
    )


def setting(row: Row) -> Setting:
    """Read a preference. Choices are `value:label|value:label`; labels may hold more colons."""
    kind = text(row, "type") or "text"
    pairs = (pair.partition(":") for pair in (text(row, "enumValues") or "").split("|") if pair)
    return Setting(
        id=text(row, "id") or "",
        value=_typed(row, "value", kind),
        default=_typed(row, "default", kind),
        type=kind,
        label=text(row, "label") or "",
        summary=text(row, "summary") or "",
        group=text(row, "group") or "",
        hidden=flag(row, "hidden") is True,
        advanced=flag(row, "advanced") is True,
        choices=tuple((value, label or value) for value, _, label in pairs),
    )


def _typed(row: Row, name: str, kind: str) -> str | int | float | bool:
    """Read a value as its type says; what does not fit stays the text it is."""
    raw = row.get(name)
    found: str | int | float | bool | None = None
    if kind == "bool":
        found = flag(row, name)
    elif kind == "int":
        found = integer(row, name)
    elif kind == "double":
        found = number(row, name)
    if found is not None:
        return found
    return "" if raw is None else str(raw)


def update_status(root: Row) -> UpdateStatus:
    """Read `/updater/status`."""
    releases = children(root, "Release")
    release = None
    if releases and (version := text(releases[0], "version")):
        row = releases[0]
        release = Release(version, text(row, "added") or "", text(row, "fixed") or "", text(row, "state") or "")
    return UpdateStatus(flag(root, "canInstall") is True, moment(root, "checkedAt"), release)


def load(root: Row) -> Load | None:
    """Read the newest row of `/statistics/resources`."""
    rows = children(root, "StatisticsResources")
    if not rows:
        return None
    newest = max(rows, key=lambda row: number(row, "at") or 0)
    return Load(
        host_cpu=number(newest, "hostCpuUtilization") or 0.0,
        process_cpu=number(newest, "processCpuUtilization") or 0.0,
        host_memory=number(newest, "hostMemoryUtilization") or 0.0,
        process_memory=number(newest, "processMemoryUtilization") or 0.0,
    )
