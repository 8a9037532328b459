"""The control's part for plex.tv."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .control_actions import Words, action
from .plextv import Connection

if TYPE_CHECKING:
    from aiohttp import web

    from .app import Simulator
    from .plextv import PlexTv


def _tv(plex: Simulator) -> PlexTv:
    if plex.plex_tv is None:
        raise LookupError("this simulator has no plex.tv")
    return plex.plex_tv


@action("GET", "plextv/pins")
def pins(plex: Simulator, _: web.Request, __: Words) -> Any:
    """List the sign-ins."""
    return [{**asdict(pin), "token": bool(pin.token), "left": pin.left()} for pin in _tv(plex).pins.values()]


@action("POST", "plextv/pins/{verb:approve|deny|expire}")
def decide(plex: Simulator, request: web.Request, words: Words) -> Words:
    """Approve (as an ``account``), deny or expire a ``pin`` (number or code; the newest without one)."""
    tv, verb = _tv(plex), request.match_info["verb"]
    pin = (
        tv.approve(words.get("pin"), words.get("account")) if verb == "approve" else getattr(tv, verb)(words.get("pin"))
    )
    return {"id": pin.id, "code": pin.code}


@action("POST", "plextv")
def settings(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Change how plex.tv behaves.

    ``expired`` (``404`` or ``null``), ``pin_seconds``, ``fault``, ``delay``, ``polls_to_approve``; ``revoke`` a token.
    """
    tv = _tv(plex)
    if "revoke" in words:
        tv.revoke(words.pop("revoke"))
    for name, value in words.items():
        if name not in ("expired", "pin_seconds", "fault", "delay", "polls_to_approve"):
            raise KeyError(name)
        setattr(tv, name, value)
    return {"log": len(tv.log)}


@action("POST", "plextv/accounts")
def accounts(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Add an account: ``name``, ``token``, ``plex_pass``."""
    account = _tv(plex).add_account(**words)
    return {"id": account.id, "token": account.token}


@action("POST", "plextv/server")
@action("POST", "plextv/server/{id}")
def server(plex: Simulator, request: web.Request, words: Words) -> Words:
    """Change what plex.tv says of a server.

    ``connections`` (rows of address, port, uri, local, relay, ipv6), ``owned``, ``presence``, ``token`` ...
    """
    one = _tv(plex).server(request.match_info.get("id") or plex.machine_identifier)
    if "connections" in words:
        one.connections = [Connection(**row) for row in words.pop("connections")]
        one.follows = None
    for name, value in words.items():
        if name not in ("name", "owned", "presence", "token", "https_required", "source_title", "provides"):
            raise KeyError(name)
        setattr(one, name, value)
    return {"name": one.name, "connections": [asdict(row) for row in one.connections]}
