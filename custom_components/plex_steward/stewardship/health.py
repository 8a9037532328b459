"""What is wrong with a server and what the user can do about it: Home Assistant's repairs.

An issue is named by what is wrong; `repairs` has the dialogue that mends it, under the same name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_OWNED, DOMAIN
from ..data import StewardConfigEntry
from ..plex.errors import AddressError, CertificateInvalid
from ..plex.models import ServerInfo

PATIENCE = timedelta(minutes=15)
"""How long a server may be away before it is a matter for the user: a restart or an update takes less."""
FAILING: HassKey[dict[str, datetime]] = HassKey("plex_steward_failing")
"""Since when the server of an entry has not answered."""

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
def forget(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Take everything back: the server is being removed."""
    hass.data.get(FAILING, {}).pop(entry.entry_id, None)
    registry = ir.async_get(hass)
    for domain, name in list(registry.issues):
        issue = registry.issues[domain, name]
        if domain == DOMAIN and issue.data and issue.data.get("entry_id") == entry.entry_id:
            ir.async_delete_issue(hass, DOMAIN, name)


@contextmanager
def watched(hass: HomeAssistant, entry: StewardConfigEntry) -> Iterator[None]:
    """Around a reading of the server: a failure that lasts becomes a repair, an answer takes it back."""
    failing = hass.data.setdefault(FAILING, {})
    try:
        yield
    except CertificateInvalid:
        raise_issue(hass, entry, "certificate")
        raise
    except AddressError:
        # Kept outside the entry's runtime data: each attempt to set an entry up begins with new ones.
        # The clock may have been set back since then.
        since = failing[entry.entry_id] = min(failing.get(entry.entry_id, dt_util.utcnow()), dt_util.utcnow())
        if dt_util.utcnow() - since >= PATIENCE:
            raise_issue(hass, entry, "address_gone")
        raise
    failing.pop(entry.entry_id, None)
    clear_issue(hass, entry, "certificate")
    clear_issue(hass, entry, "address_gone")


@callback
def judge(hass: HomeAssistant, entry: StewardConfigEntry, info: ServerInfo, *, owner: bool) -> None:
    """Look at what the server says of itself and of our token."""
    if owner:
        clear_issue(hass, entry, "not_owner")
    elif entry.data.get(CONF_OWNED):
        raise_issue(hass, entry, "not_owner")
    if info.plex_pass:
        clear_issue(hass, entry, "no_plex_pass")
