"""What a mirror's subentry says: its keys, their defaults, and the core's settings made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import Any, Final

from ..mirror.model import Kind, Layout, Materializer, Options, Sidecars
from ..mirror.run import MirrorSettings
from ..schedule import DAILY_TIME, Schedule, parse

CONF_SOURCE: Final = "source"
CONF_TARGET: Final = "target"
CONF_SOURCE_LAYOUT: Final = "source_layout"
CONF_TARGET_LAYOUT: Final = "target_layout"
CONF_MATERIALIZER: Final = "materializer"
CONF_DELETE: Final = "delete"

CONF_ADVANCED: Final = "advanced"
"""Section of the form; its fields lie flat in the subentry's data."""
CONF_KIND: Final = "kind"
CONF_SIDECARS: Final = "sidecars"
CONF_ANCHOR: Final = "anchor"
CONF_MAX_REMOVALS: Final = "max_removals"
CONF_TRASH_DAYS: Final = "trash_days"
CONF_SERVER_FILES: Final = "keep_server_files"

CONF_AUTOMATIC: Final = "automatic"
"""Section of the form: when it runs by itself and what is told to the Plex server."""
CONF_SCHEDULE: Final = "schedule"
CONF_SCHEDULE_TIME: Final = "schedule_time"
CONF_AFTER_NEW_ITEMS: Final = "after_new_items"
CONF_WAIT_FOR_IDLE: Final = "wait_for_idle"
CONF_SCAN: Final = "scan_server"
CONF_SERVER_SOURCE: Final = "server_source"
CONF_SERVER_TARGET: Final = "server_target"

DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_SOURCE_LAYOUT: Layout.AUTO.value,
    CONF_TARGET_LAYOUT: Layout.AUTO.value,
    CONF_MATERIALIZER: Materializer.HARDLINK.value,
    CONF_DELETE: False,
    CONF_KIND: Kind.AUTO.value,
    CONF_SIDECARS: Sidecars.FOLLOW.value,
    CONF_ANCHOR: "",
    CONF_MAX_REMOVALS: "50%",
    CONF_TRASH_DAYS: 30,
    CONF_SERVER_FILES: True,
    CONF_SCHEDULE: "",
    CONF_SCHEDULE_TIME: DAILY_TIME.isoformat(),
    CONF_AFTER_NEW_ITEMS: False,
    CONF_WAIT_FOR_IDLE: False,
    CONF_SCAN: True,
    CONF_SERVER_SOURCE: "",
    CONF_SERVER_TARGET: "",
}


@dataclass(frozen=True, slots=True)
class MirrorConfig:
    """One mirror as its subentry describes it."""

    settings: MirrorSettings
    schedule: Schedule | None
    """None when it runs only when asked."""
    at: time
    after_new_items: bool
    wait_for_idle: bool
    """Runs that nobody asked for wait until nobody watches."""
    scan: bool
    server_source: str
    """The source as the Plex server sees it."""
    server_target: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> MirrorConfig:
        """Read a subentry's data; what is missing has its default."""
        values = {**DEFAULTS, **data}
        text: str = values[CONF_SCHEDULE].strip()
        options = Options(
            source_layout=Layout(values[CONF_SOURCE_LAYOUT]),
            target_layout=Layout(values[CONF_TARGET_LAYOUT]),
            kind=Kind(values[CONF_KIND]),
            sidecars=Sidecars(values[CONF_SIDECARS]),
            materializer=Materializer(values[CONF_MATERIALIZER]),
            delete=values[CONF_DELETE],
        )
        settings = MirrorSettings(
            source=values[CONF_SOURCE],
            target=values[CONF_TARGET],
            options=options,
            max_removals=values[CONF_MAX_REMOVALS],
            anchor=values[CONF_ANCHOR] or None,
            trash_days=float(values[CONF_TRASH_DAYS]),
            keep_server_files=values[CONF_SERVER_FILES],
        )
        return cls(
            settings=settings,
            schedule=parse(text) if text else None,
            at=time.fromisoformat(values[CONF_SCHEDULE_TIME]),
            after_new_items=values[CONF_AFTER_NEW_ITEMS],
            wait_for_idle=values[CONF_WAIT_FOR_IDLE],
            scan=values[CONF_SCAN],
            server_source=values[CONF_SERVER_SOURCE] or values[CONF_SOURCE],
            server_target=values[CONF_SERVER_TARGET] or values[CONF_TARGET],
        )

    def for_run(self, *, delete: bool | None = None, only: tuple[str, ...] = ()) -> MirrorSettings:
        """Give the settings of one run, with what it overrides."""
        options = replace(self.settings.options, only=only)
        if delete is not None:
            options = replace(options, delete=delete)
        return replace(self.settings, options=options)
