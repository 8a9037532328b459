"""What hangs on a config entry while it is loaded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry

if TYPE_CHECKING:
    from .coordinators.activities import ActivitiesCoordinator
    from .coordinators.library import LibraryCoordinator
    from .coordinators.mirrors import MirrorCoordinator
    from .coordinators.preferences import PreferencesCoordinator
    from .coordinators.server import ServerCoordinator
    from .coordinators.sessions import SessionsCoordinator
    from .plex.client import PlexClient
    from .plex.control import Control
    from .stewardship.events import Events
    from .stewardship.housekeeping import Housekeeping
    from .stewardship.maintenance import Maintenance
    from .stewardship.prerolls import Prerolls

type StewardConfigEntry = ConfigEntry[StewardData]


@dataclass(slots=True, kw_only=True)
class StewardData:
    """Everything that works for one server; made and taken apart in `__init__`."""

    client: PlexClient
    """Speaks to the server; `client.connection` knows its addresses and changes over when one fails."""
    control: Control
    """Rare things through plexapi; blocks, so call it with `hass.async_add_executor_job`."""
    server: ServerCoordinator
    """The server itself, its libraries and preferences; the slow poll everything else leans on."""
    events: Events
    """The server's push messages; `events.async_listen({"playing"}, ...)` from a coordinator's start."""
    sessions: SessionsCoordinator | None
    """Who is on; None for a server that somebody else shares: only its owner may see that."""
    maintenance: Maintenance | None
    """The maintenance mode; None where `sessions` is."""
    prerolls: Prerolls | None
    """What plays before a film; None where `sessions` is."""
    activities: ActivitiesCoordinator | None
    """What the server is busy with; None where `sessions` is."""
    preferences: PreferencesCoordinator | None
    """The server's preferences; None where `sessions` is."""
    housekeeping: Housekeeping | None
    """Trash, bundles, database, scans; None where `sessions` is."""
    libraries: LibraryCoordinator
    """What the libraries hold; `libraries.ask(...)` asks the inventory."""
    mirrors: dict[str, MirrorCoordinator]
    """The mirrors by their subentry's id."""
