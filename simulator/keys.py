"""The key under which an application carries its state; a module of its own, since the state is made of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from .state import State

STATE: web.AppKey[State] = web.AppKey("state")
