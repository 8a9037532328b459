"""Pictures: small generated PNGs, a landscape for each item."""

from __future__ import annotations

from colorsys import hls_to_rgb
from functools import lru_cache
from math import hypot, sin
import struct
from typing import TYPE_CHECKING
import zlib

from aiohttp import web

from .answers import refuse
from .facts import chance
from .keys import STATE

if TYPE_CHECKING:
    from collections.abc import Iterator

routes = web.RouteTableDef()


@lru_cache(maxsize=256)
def png(seed: str, width: int, height: int) -> bytes:
    """Draw a picture that follows from the seed."""
    rows = [b"\0" + row for row in _landscape(chance(seed), width, height)]

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


def _landscape(dice: int, width: int, height: int) -> Iterator[bytes]:
    """Paint a sky, a sun and two rows of hills, line by line."""
    hue, bend = dice % 360 / 360, 2 + dice // 360 % 5
    across, down, radius = width * (0.3 + dice // 7 % 40 / 100), height * (0.25 + dice // 11 % 15 / 100), width * 0.14
    far = [height * (0.62 + 0.08 * sin(bend * column / width * 3 + dice % 6)) for column in range(width)]
    near = [height * (0.8 + 0.07 * sin(bend * column / width * 2 + dice % 5)) for column in range(width)]
    sun, hills, ground = _colour(hue + 0.1, 0.9, 0.9), _colour(hue, 0.32, 0.45), _colour(hue, 0.17, 0.4)
    for line in range(height):
        sky = _colour(hue + 0.06 * line / height, 0.45 + 0.35 * line / height, 0.5)
        yield b"".join(
            ground
            if line > near[column]
            else hills
            if line > far[column]
            else sun
            if hypot(column - across, line - down) < radius
            else sky
            for column in range(width)
        )


def _colour(hue: float, light: float, strength: float) -> bytes:
    return bytes(round(255 * part) for part in hls_to_rgb(hue % 1, light, strength))


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
