"""The simulated Plex server (and plex.tv) as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from demo.hass import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence


class Plex:
    """One simulator process, steered through its ``/_sim`` addresses."""

    def __init__(self, *arguments: str, media: Sequence[str] = ()) -> None:
        """Take the simulator's arguments; ``media`` are ``NAME:TYPE:PATH``."""
        self._arguments = [*arguments, *(word for row in media for word in ("--media", row))]
        self._process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """Return the server's address."""
        return str(self.ready["url"])

    @property
    def token(self) -> str:
        """Return the owner's token."""
        return str(self.ready["token"])

    async def __aenter__(self) -> Self:
        """Start it and wait for its line."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        await self.stop()

    async def start(self) -> None:
        """Start the process and read the line with its addresses."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulator", *self._arguments],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        if not line:
            raise RuntimeError(f"The simulator did not start (exit code {self._process.wait()})")
        self.ready = json.loads(line)

    async def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
        if process.stdout is not None:
            with contextlib.suppress(OSError):
                process.stdout.close()

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Call ``/_sim/<path>`` and return its JSON."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.ready['control']}/_sim/{path}", json=body) as answer,
        ):
            text = await answer.text()
            if answer.status >= 400:
                raise RuntimeError(f"{answer.status} for {path}: {text[:300]}")
            return json.loads(text) if text else None
