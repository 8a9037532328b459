"""A refused or failed run becomes a repair that explains it; where a person may overrule the guard, one that asks."""

from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..coordinators.mirrors import Finished, MirrorCoordinator
from ..data import StewardConfigEntry
from ..mirror.guard import APPROVABLE
from .health import clear_issue, raise_issue
from .mirror_records import PASSING, RunRecord, Status

TELLING: Final = {
    **{code: f"mirror_{code}" for code in APPROVABLE},
    "cross_device": "mirror_links",
    "layout_undecided": "mirror_layout_undecided",
    "reflink_unsupported": "mirror_links",
    "same_folder": "mirror_nested",
    "source_in_target": "mirror_nested",
    "source_missing": "mirror_source_missing",
    "target_in_source": "mirror_nested",
    "target_missing": "mirror_target_missing",
}
"""Which repair explains which refusal."""
LINKS: Final = "mirror_links"
"""Followed by the doctor's word for why files cannot be brought over."""
OTHER: Final = "mirror_failed"
KINDS: Final = frozenset({*TELLING.values(), OTHER})


@callback
def async_setup(hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator) -> None:
    """Keep the repair of a mirror in step with its runs; bring it back after a restart."""

    @callback
    def ran(finished: Finished) -> None:
        judge(hass, entry, mirror, finished.record)

    if (last := mirror.data.last_attempt) is not None:
        judge(hass, entry, mirror, last)
    entry.async_on_unload(mirror.async_listen_runs(ran))


@callback
def judge(hass: HomeAssistant, entry: StewardConfigEntry, mirror: MirrorCoordinator, record: RunRecord) -> None:
    """Raise the repair for a run, or take it back."""
    if not record.wrote or record.refusal in PASSING:
        return
    subject = mirror.subentry.subentry_id
    kind = None
    if record.outcome in (Status.REFUSED, Status.FAILED):
        kind = TELLING.get(record.refusal or "", OTHER)
        if kind == LINKS:
            kind = f"mirror_links_{record.facts.get('doctor', 'refused')}"
    for other in (KINDS | doctors_kinds(hass, entry, subject)) - {kind}:
        clear_issue(hass, entry, other, subject)
    if kind is not None:
        raise_issue(
            hass,
            entry,
            kind,
            fixable=record.approvable,
            severity=ir.IssueSeverity.WARNING if record.approvable else ir.IssueSeverity.ERROR,
            subject=subject,
            placeholders={
                "mirror": mirror.subentry.title,
                "code": (record.refusal or "unknown").replace("_", " "),
                **{key: str(record.facts.get(key, "")) for key in ("source", "target", "path", "detail")},
            },
        )


def doctors_kinds(hass: HomeAssistant, entry: StewardConfigEntry, subject: str) -> set[str]:
    """Kinds of the repairs about links that are shown for a mirror."""
    return {
        issue.translation_key
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
        and issue.translation_key
        and issue.translation_key.startswith(LINKS)
        and issue.data
        and (issue.data["entry_id"], issue.data["subject"]) == (entry.entry_id, subject)
    }
