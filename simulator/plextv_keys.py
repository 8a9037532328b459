"""The key under which plex.tv's application carries its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from .plextv import PlexTv

TV: web.AppKey[PlexTv] = web.AppKey("plex_tv")
