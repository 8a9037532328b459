"""What goes over the wire: nodes as XML or JSON, and errors as HTML whatever was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
import json
from typing import TYPE_CHECKING, NoReturn

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping

type Scalar = str | int | float | bool
type Json = Scalar | list[Json] | dict[str, Json] | None

_METADATA = frozenset({"Video", "Track", "Photo", "Playlist"})
_SINGLE = frozenset({"User", "Player", "Session", "UltraBlurColors", "Context", "Meta"})
_REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(slots=True)
class Node:
    """One element: XML by its tag, JSON under its name."""

    tag: str
    attrs: dict[str, Scalar | None] = field(default_factory=dict)
    """Attributes; None is left out."""
    children: list[Node] = field(default_factory=list)
    metadata: bool = False
    """A ``Directory`` that is a show, season, artist, album or collection: JSON calls it ``Metadata``."""

    @property
    def name(self) -> str:
        """The JSON key of this node in its parent."""
        return "Metadata" if self.metadata or self.tag in _METADATA else self.tag


def container(children: list[Node] | None = None, **attrs: Scalar | None) -> Node:
    """Make the root of an answer, with its ``size``."""
    children = children or []
    return Node("MediaContainer", {"size": len(children), **attrs}, children)


def to_json(node: Node) -> dict[str, Json]:
    """Turn a node into its JSON value: native numbers, lists only where there is something in them."""
    value: dict[str, Json] = {key: item for key, item in node.attrs.items() if item is not None}
    for child in node.children:
        name = child.name
        if name in _SINGLE or (name == "TranscodeSession" and node.tag != "MediaContainer"):
            value[name] = to_json(child)
            continue
        rows = value.setdefault(name, [])
        if isinstance(rows, list):
            rows.append(to_json(child))
        else:  # an attribute of the same name, as ``Rating``/``rating`` never clash in Plex
            value[name] = [to_json(child)]
    return value


def _escape(text: str) -> str:
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    if "\n" in text:
        text = text.replace("\n", "&#10;")
    return text


def _write(node: Node, out: list[str]) -> None:
    out.append(f"<{node.tag}")
    for key, value in node.attrs.items():
        if isinstance(value, str):
            out.append(f' {key}="{_escape(value)}"')
        elif value is None:
            continue
        elif value is True:
            out.append(f' {key}="1"')
        elif value is False:
            out.append(f' {key}="0"')
        else:
            out.append(f' {key}="{value}"')
    if node.children:
        out.append(">\n")
        for child in node.children:
            _write(child, out)
        out.append(f"</{node.tag}>\n")
    else:
        out.append(" />\n")


def to_xml(node: Node) -> str:
    """Turn a node into an XML document."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(node, out)
    return "".join(out)


def wants_json(request: web.Request) -> bool:
    """Tell whether the caller asked for JSON; XML is the default."""
    return "application/json" in request.headers.get("Accept", "")


def encode(node: Node, *, as_json: bool) -> tuple[bytes, str]:
    """Encode a node; returns the body and its content type."""
    if as_json:
        body = json.dumps({node.tag: to_json(node)}, ensure_ascii=False, separators=(",", ":"))
        return body.encode("utf-8", "surrogateescape"), "application/json"
    return to_xml(node).encode("utf-8", "surrogateescape"), "text/xml"


def answer(request: web.Request, node: Node, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with a node in the form the caller asked for."""
    body, content_type = encode(node, as_json=wants_json(request))
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


class Refused(Exception):
    """An error answer on its way to the middleware."""

    def __init__(self, status: int) -> None:
        """Keep the status."""
        super().__init__(status)
        self.status = status


def refuse(status: int) -> NoReturn:
    """Answer with an error from anywhere."""
    raise Refused(status)


def done(headers: Mapping[str, str] | None = None, status: int = 200) -> web.Response:
    """Answer an action that worked: an empty body, called HTML."""
    return web.Response(status=status, body=b"", content_type="text/html", headers=headers)


def error(status: int) -> web.Response:
    """Answer with an error: HTML, whatever the caller accepts."""
    reason = _REASONS.get(status, "Error")
    body = f"<html><head><title>{reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
    return web.Response(status=status, text=body, content_type="text/html")
