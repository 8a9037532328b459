"""How the control's parts register what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from .app import Simulator

type Words = dict[str, Any]
type Action = Callable[[Simulator, web.Request, Words], Any]

ACTIONS: dict[tuple[str, str], Action] = {}
"""Method and path -> what is done; its result, or that of its coroutine, is the answer."""


def action(method: str, path: str) -> Callable[[Action], Action]:
    """Register an action under ``/_sim/<path>``."""

    def register(function: Action) -> Action:
        ACTIONS[method, f"/_sim/{path}"] = function
        return function

    return register
