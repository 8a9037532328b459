"""What is wrong with a server and what the user can do about it: Home Assistant's repairs.

An issue is named by what is wrong; `repairs` has the dialogue that mends it, under the same name.
"""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..data import StewardConfigEntry

FIXABLE = frozenset({"address_gone", "certificate", "not_owner", "wrong_token_kind"})


@callback
def raise_issue(
    hass: HomeAssistant,
    entry: StewardConfigEntry,
    kind: str,
    *,
    fixable: bool | None = None,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
    subject: str = "",
    placeholders: dict[str, str] | None = None,
    data: dict[str, str | int | float | None] | None = None,
) -> None:
    """Show a repair of this `kind` (its translation key) for this server; does nothing if it is shown already.

    `subject` tells apart several of one kind, such as two mirrors; `data` reaches the fix flow.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(entry, kind, subject),
        data={**(data or {}), "entry_id": entry.entry_id, "kind": kind, "subject": subject},
        is_fixable=kind in FIXABLE if fixable is None else fixable,
        severity=severity,
        translation_key=kind,
        translation_placeholders={"name": entry.title, **(placeholders or {})},
    )


@callback
def clear_issue(hass: HomeAssistant, entry: StewardConfigEntry, kind: str, subject: str = "") -> None:
    """Take a repair back; does nothing if there is none."""
    ir.async_delete_issue(hass, DOMAIN, issue_id(entry, kind, subject))


def issue_id(entry: StewardConfigEntry, kind: str, subject: str = "") -> str:
    """Name an issue."""
    return "_".join(part for part in (kind, entry.entry_id, subject) if part)


@callback
def clear_issues(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Take every repair of a server back: the server is being removed."""
    registry = ir.async_get(hass)
    for domain, name in list(registry.issues):
        issue = registry.issues[domain, name]
        if domain == DOMAIN and issue.data and issue.data.get("entry_id") == entry.entry_id:
            ir.async_delete_issue(hass, DOMAIN, name)
