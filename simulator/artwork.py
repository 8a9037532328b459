"""Pictures: small generated PNGs, a colour for each item."""

from __future__ import annotations

import struct
import zlib

from aiohttp import web

from .answers import refuse
from .facts import chance
from .keys import STATE

routes = web.RouteTableDef()


def png(seed: str, width: int, height: int) -> bytes:
    """Draw a picture whose colours follow from the seed: one colour above, another below."""
    dice = chance(seed)
    top, bottom = dice.to_bytes(6)[:3], dice.to_bytes(6)[3:]
    rows = [b"\0" + (top if row < height * 2 // 3 else bottom) * width for row in range(height)]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


def _picture(seed: str, width: int, height: int) -> web.Response:
    return web.Response(body=png(seed, width, height), content_type="image/png")


@routes.get("/library/metadata/{ids}/{kind:thumb|art|poster|clearLogo}/{stamp}")
@routes.get("/library/metadata/{ids}/{kind:thumb|art|poster|clearLogo}")
async def item_picture(request: web.Request) -> web.Response:
    """Give the poster or background of an item."""
    number = request.match_info["ids"]
    if not number.isdigit() or int(number) not in request.app[STATE].library.items:
        refuse(404)
    wide = request.match_info["kind"] == "art"
    return _picture(f"{number}/{request.match_info['kind']}", 192 if wide else 80, 108 if wide else 120)


@routes.get("/library/sections/{section}/composite/{stamp}")
async def composite(request: web.Request) -> web.Response:
    """Give the picture of a section."""
    return _picture(f"section/{request.match_info['section']}", 120, 120)


@routes.get("/:/resources/{name}")
async def resource(request: web.Request) -> web.Response:
    """Give one of the server's own pictures."""
    return _picture(request.match_info["name"], 64, 64)


@routes.get("/photo/:/transcode")
async def transcode(request: web.Request) -> web.Response:
    """Give a picture in the size that was asked for: 400 without one, 404 for a picture that does not exist."""
    query = request.query
    width, height = query.get("width", ""), query.get("height", "")
    if not (width.isdigit() and height.isdigit() and query.get("url")):
        refuse(400)
    path = query["url"].split("/")
    if path[1:3] == ["library", "metadata"]:
        known = len(path) > 3 and path[3].isdigit() and int(path[3]) in request.app[STATE].library.items
        if not known:
            refuse(404)
    return _picture("/".join(path[3:5]), min(int(width), 600) or 1, min(int(height), 900) or 1)
