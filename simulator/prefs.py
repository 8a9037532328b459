"""Preferences: read as a list or one by one, written by name in the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, answer, container, done, error, to_json, wants_json
from .keys import STATE
from .prefs_table import Setting, table
from .query import pairs

if TYPE_CHECKING:
    from .model import Attrs
    from .prefs_table import Value
    from .quirks import Quirks
    from .websocket import Bus

routes = web.RouteTableDef()


class UnknownPreference(Exception):
    """A preference that this server does not have, or a value that does not fit it."""


class Preferences:
    """The preferences of one server. Their names are case-sensitive."""

    def __init__(self, name: str, quirks: Quirks, bus: Bus) -> None:
        """Start with the defaults."""
        self._quirks = quirks
        self._bus = bus
        self._settings = {setting.id: setting for setting in table(name)}
        self._values: dict[str, Value] = {}
        self.writes: list[dict[str, Value]] = []
        """Every write, oldest first."""

    def __getitem__(self, name: str) -> Value:
        """Give a value; raises KeyError for an unknown name."""
        setting = self._settings[name]
        return self._values.get(name, setting.default)

    def __setitem__(self, name: str, value: Value) -> None:
        """Change a value as if somebody else had done it; tells everybody. Raises KeyError for an unknown name."""
        setting = self._settings[name]
        self._values[name] = value
        row = to_json(self.node(setting, as_json=True))
        self._bus.publish("preference", "Setting", [row])

    def settings(self) -> list[Setting]:
        """Give the preferences that this version knows."""
        return [setting for name, setting in self._settings.items() if name not in self._quirks.missing_prefs]

    def as_dict(self) -> dict[str, Value]:
        """Give all values by name."""
        return {setting.id: self[setting.id] for setting in self.settings()}

    def node(self, setting: Setting, *, as_json: bool) -> Node:
        """Make a Setting: native values in JSON, text in XML."""
        attrs: Attrs = {
            "id": setting.id,
            "label": setting.label,
            "summary": setting.summary,
            "type": setting.type,
            "default": _wire(setting.default, as_json=as_json),
            "value": _wire(self[setting.id], as_json=as_json),
            "hidden": setting.hidden,
            "advanced": setting.advanced,
            "group": setting.group,
            "enumValues": setting.enum or None,
        }
        return Node("Setting", attrs)

    def write(self, changes: dict[str, str]) -> None:
        """Write texts as they came in a query, all or none. Raises UnknownPreference with the name."""
        values: dict[str, Value] = {}
        for name, text in changes.items():
            setting = self._settings.get(name)
            if setting is None or name in self._quirks.missing_prefs | self._quirks.refused_prefs:
                raise UnknownPreference(name)
            try:
                values[name] = _read(text, setting)
            except ValueError as err:
                raise UnknownPreference(name) from err
        self.writes.append(values)
        for name, value in values.items():
            self[name] = value


def _wire(value: Value, *, as_json: bool) -> Value:
    if isinstance(value, bool) and not as_json:
        return "true" if value else "false"
    return value


def _read(text: str, setting: Setting) -> Value:
    match setting.default:
        case bool():
            return text.lower() in ("1", "true")
        case int():
            return int(text)
        case float():
            return float(text)
    return text


@routes.get("/:/prefs")
async def listing(request: web.Request) -> web.Response:
    """List all preferences."""
    prefs = _prefs(request)
    return answer(request, container([prefs.node(row, as_json=wants_json(request)) for row in prefs.settings()]))


@routes.get("/:/prefs/get")
async def one(request: web.Request) -> web.Response:
    """Give one preference."""
    prefs = _prefs(request)
    for setting in prefs.settings():
        if setting.id == request.query.get("id"):
            return answer(request, container([prefs.node(setting, as_json=wants_json(request))]))
    return error(404)


@routes.put("/:/prefs")
async def write(request: web.Request) -> web.Response:
    """Write preferences; an empty value clears a text. A refusal is plain text here."""
    rows = pairs(request.raw_path.partition("?")[2])
    changes = {name: value for name, value in rows if not name.startswith("X-Plex-")}
    try:
        _prefs(request).write(changes)
    except UnknownPreference as err:
        return web.Response(status=400, text=f"cannot set preference value for unknown preference {err}")
    return done()


def _prefs(request: web.Request) -> Preferences:
    return request.app[STATE].prefs
