"""The repairs of trash that was not emptied: they show the counts and let somebody allow it once."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..data import StewardConfigEntry
from .health import clear_issue, raise_issue
from .housekeeping_values import LibraryResult

REASONS: Final = ("too_many", "all", "folder_missing", "folder_empty", "unreachable")


def kind_of(reason: str) -> str:
    """Name the repair that explains a reason of the guard."""
    return f"trash_{reason}"


KINDS: Final = tuple(kind_of(reason) for reason in REASONS)


@callback
def raise_refusal(hass: HomeAssistant, entry: StewardConfigEntry, refused: LibraryResult) -> None:
    """Show why a library's trash stays, with the numbers of now."""
    kind = kind_of(refused.reason)
    take_back(hass, entry, refused.uuid, but=kind)
    raise_issue(
        hass,
        entry,
        kind,
        fixable=True,
        subject=refused.uuid,
        placeholders={
            "library": refused.title,
            "trashed": str(refused.trashed),
            "items": str(refused.items),
            "limit": str(refused.limit),
            "folder": refused.folder or "-",
        },
        data={"reason": refused.reason, "trashed": refused.trashed},
    )


@callback
def take_back(hass: HomeAssistant, entry: StewardConfigEntry, uuid: str, *, but: str = "") -> None:
    """The library's trash is no matter any more, but for one kind of repair."""
    for kind in KINDS:
        if kind != but:
            clear_issue(hass, entry, kind, uuid)
