"""Who may ask what: nobody, the owner, somebody the server is shared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from .quirks import Quirks

type Kind = Literal["owner", "shared"]

OPEN = ("/identity",)
"""Answered without a token."""
FORBIDDEN_WITHOUT_TOKEN = ("/resources",)
"""403 instead of 401 without a token."""
OWNER = (
    "/:/prefs",
    "/butler",
    "/activities",
    "/accounts",
    "/devices",
    "/statistics",
    "/updater",
    "/library/optimize",
    "/library/clean",
    "/library/caches",
    "/transcode/sessions",
)
"""403 with a shared account's token."""
OWNER_ENDINGS = ("/refresh", "/emptyTrash", "/analyze")


@dataclass(slots=True)
class Account:
    """Somebody with a token of this server."""

    kind: Kind
    sections: frozenset[int] | None = None
    """The libraries a shared account sees; None = all."""

    def sees(self, section: int) -> bool:
        """Tell whether the account sees a library."""
        return self.sections is None or section in self.sections


OWNER_ACCOUNT = Account("owner")


def token_of(request: web.Request) -> str:
    """Read the token, from the header or the query; empty if there is none."""
    return request.headers.get("X-Plex-Token") or request.query.get("X-Plex-Token", "")


def refusal(request: web.Request, accounts: Mapping[str, Account], quirks: Quirks) -> int:
    """Tell the status that refuses a request, 0 if it may pass."""
    path = request.path.rstrip("/") or "/"
    if path in OPEN:
        return 0
    token = token_of(request)
    account = accounts.get(token)
    if account is not None:
        return 0 if account.kind == "owner" else _refused_to_others(request.method, path, quirks)
    if not token and quirks.open_network:
        return 0
    return 403 if not token and path in FORBIDDEN_WITHOUT_TOKEN else 401


def _refused_to_others(method: str, path: str, quirks: Quirks) -> int:
    """Tell the status for somebody the server is shared with."""
    if path.startswith("/status/sessions"):
        return quirks.shared_sessions_status
    changes = method not in ("GET", "HEAD") and path.startswith("/library")
    return 403 if changes or path.startswith(OWNER) or path.endswith(OWNER_ENDINGS) else 0


def account_of(request: web.Request, accounts: Mapping[str, Account]) -> Account:
    """Give the account behind a request that was let in."""
    return accounts.get(token_of(request), OWNER_ACCOUNT)
