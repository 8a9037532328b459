"""Viewers and players."""

from __future__ import annotations

from dataclasses import dataclass
import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Attrs


@dataclass(frozen=True, slots=True)
class User:
    """A viewer; the owner has the number 1 on the server."""

    id: str
    name: str
    thumb: str = ""

    def attrs(self) -> Attrs:
        """Give the attributes of the User element."""
        return {"id": self.id, "thumb": self.thumb or f"https://plex.tv/users/{self.id}/avatar", "title": self.name}


@dataclass(slots=True)
class Player:
    """What somebody watches on."""

    title: str
    product: str = "Plex Web"
    platform: str = "Chrome"
    platform_version: str = "150.0"
    device: str = "Linux"
    version: str = "4.160.0"
    machine_identifier: str = ""
    address: str = "192.168.1.20"
    remote_public_address: str = "203.0.113.7"
    local: bool = True
    relayed: bool = False
    secure: bool = True

    def attrs(self, state: str, user: str) -> Attrs:
        """Give the attributes of the Player element."""
        return {
            "address": self.address,
            "device": self.device,
            "machineIdentifier": self.machine_identifier,
            "model": "hosted",
            "platform": self.platform,
            "platformVersion": self.platform_version,
            "product": self.product,
            "profile": "Web",
            "remotePublicAddress": self.remote_public_address,
            "state": "playing" if state == "error" else state,
            "title": self.title,
            "vendor": "",
            "version": self.version,
            "local": self.local,
            "relayed": self.relayed,
            "secure": self.secure,
            "userID": int(user) if user.isdigit() else 0,
        }


KNOWN: dict[str, dict[str, Any]] = {
    "Living room": {"product": "Plex for LG", "platform": "webOS", "device": "OLED55", "address": "192.168.1.31"},
    "Bedroom": {"product": "Plex for Apple TV", "platform": "tvOS", "device": "Apple TV", "address": "192.168.1.32"},
    "Phone": {"product": "Plex for Android (Mobile)", "platform": "Android", "device": "Pixel 9", "local": False},
    "Browser": {},
    "Kitchen": {"product": "Plexamp", "platform": "Android", "device": "Tablet", "address": "192.168.1.35"},
    "Cinema": {"product": "Plex HTPC", "platform": "Linux", "device": "PC", "address": "192.168.1.36"},
}
"""Players that the demo knows by name."""


def user_of(user: str | dict[str, Any]) -> User:
    """Make a viewer from a name or from attributes; the same name is the same viewer."""
    if isinstance(user, dict):
        name = str(user.get("title") or user.get("name") or "guest")
        return User(str(user.get("id", _number(name))), name, str(user.get("thumb", "")))
    return User(_number(user), user)


def _number(name: str) -> str:
    return "1" if name == "owner" else str(10_000_000 + int(hashlib.sha256(name.encode()).hexdigest()[:6], 16))


def player_of(player: str | dict[str, Any] | None, key: str) -> Player:
    """Make a player from a name or from attributes; the same title is the same player."""
    facts: dict[str, Any] = {}
    if player is None:
        title = f"Player {key}"
    elif isinstance(player, str):
        title = player
        facts.update(KNOWN.get(player, {}))
    else:
        title = str(player.get("title", f"Player {key}"))
        facts |= {name: value for name, value in player.items() if name != "title"}
    facts.setdefault("machine_identifier", hashlib.sha256(title.encode()).hexdigest()[:24])
    return Player(title, **facts)
