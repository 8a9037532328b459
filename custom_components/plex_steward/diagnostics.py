"""What a bug report needs to know, without what nobody else should.

To add a section, name a function here that takes the entry and gives plain data. Whatever it gives is searched for the
secrets of the entry afterwards, so that a forgotten one does not get out.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.const import CONF_TOKEN, CONF_URL
from homeassistant.core import HomeAssistant

from .const import CONF_ACCOUNT_ID, CONF_ACCOUNT_TOKEN, CONF_ADDRESSES, CONF_CLIENT_ID
from .data import StewardConfigEntry

PRIVATE = {
    CONF_ACCOUNT_ID,
    CONF_ACCOUNT_TOKEN,
    CONF_CLIENT_ID,
    CONF_TOKEN,
    CONF_URL,
    "email",
    "exempt_users",
    "ip_address",
    "machine_identifier",
    "anchor",
    "calendar",
    "mapped_paths",
    "message",
    "paths",
    "server_source",
    "server_target",
    "source",
    "target",
    "name",
    "title",
    "user",
    "username",
}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: StewardConfigEntry) -> dict[str, Any]:
    """Tell everything about one server."""
    sections = {name: section(entry) for name, section in SECTIONS.items()}
    secrets = sorted(_secrets(entry), key=len, reverse=True)
    return {name: _scrub(section, secrets) for name, section in async_redact_data(sections, PRIVATE).items()}


def _entry(entry: StewardConfigEntry) -> dict[str, Any]:
    return {
        "data": dict(entry.data),
        "options": dict(entry.options),
        "subentries": [
            {"type": subentry.subentry_type, "data": dict(subentry.data)} for subentry in entry.subentries.values()
        ],
    }


def _server(entry: StewardConfigEntry) -> dict[str, Any]:
    server = entry.runtime_data.server
    info = server.data.info
    return {
        "version": info.version,
        "platform": info.platform,
        "platform_version": info.platform_version,
        "plex_pass": info.plex_pass,
        "features": sorted(info.features),
        "remote_access": info.remote_access,
        "answers": server.last_update_success,
        "last_error": str(error.__cause__ or error) if (error := server.last_exception) else None,
        "libraries": [
            {
                "uuid": library.uuid,
                "key": library.key,
                "type": library.type,
                "agent": library.agent,
                "scanner": library.scanner,
                "language": library.language,
                "locations": len(library.locations),
                "on": library in server.libraries,
            }
            for library in server.all_libraries
        ],
    }


def _mirrors(entry: StewardConfigEntry) -> list[dict[str, Any]]:
    return [
        {
            "status": mirror.data.status,
            "trouble": mirror.data.trouble,
            "schedule": mirror.config.schedule.text if mirror.config.schedule else None,
            "runs": [
                # The lines of a plan name films, the facts of a refusal may name disks.
                {key: value for key, value in record.as_dict().items() if key not in ("lines", "facts")}
                for record in mirror.records
            ],
        }
        for mirror in entry.runtime_data.mirrors.values()
    ]


def _inventory(entry: StewardConfigEntry) -> dict[str, Any]:
    libraries = entry.runtime_data.libraries
    return {
        "failure": libraries.failure,
        "reading": libraries.progress and {"done": libraries.progress.done, "total": libraries.progress.total},
        "libraries": {
            uuid: {
                "type": state.summary.type,
                "counts": state.summary.counts,
                "bytes": state.summary.size,
                "complete": state.complete,
                "missing": state.missing,
                "mode": report.mode if (report := libraries.reports.get(uuid)) else None,
                "seconds": round(report.seconds, 1) if report else None,
            }
            for uuid, state in libraries.data.items()
        },
    }


SECTIONS: dict[str, Callable[[StewardConfigEntry], Any]] = {
    "entry": _entry,
    "server": _server,
    "inventory": _inventory,
    "mirrors": _mirrors,
}


def _secrets(entry: StewardConfigEntry) -> Iterator[str]:
    """Every text that must not appear, wherever it came from."""
    yield from (entry.title, str(entry.unique_id))
    for key in (CONF_TOKEN, CONF_ACCOUNT_TOKEN, CONF_CLIENT_ID):
        yield str(entry.data.get(key, ""))
    for url in (entry.data[CONF_URL], *(address["url"] for address in entry.data.get(CONF_ADDRESSES, ()))):
        yield url
        yield urlsplit(url).hostname or ""


def _scrub(value: Any, secrets: list[str]) -> Any:
    """Blot the secrets out of every text, however deep."""
    if isinstance(value, dict):
        return {_scrub(key, secrets): _scrub(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(item, secrets) for item in value]
    if isinstance(value, str):
        for secret in secrets:
            if len(secret) > 3:  # a shorter one is part of ordinary words
                value = value.replace(secret, REDACTED)
    return value
