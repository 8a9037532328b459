"""Notifications: the websocket in both spellings and the event source, with the ways in which they fail."""

from __future__ import annotations

import asyncio
from contextlib import suppress
import json
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from .answers import Json

type Rows = list[dict[str, Json]]

PING_SECONDS = 10.0


class Listener:
    """One open websocket or event source."""

    def __init__(self, filters: str) -> None:
        """Read the wish which types to send; the default is all but the log."""
        words = [word for word in filters.split(",") if word]
        self._only = {word for word in words if not word.startswith("-")}
        self._without = {word[1:] for word in words if word.startswith("-")} or ({"log"} if not words else set())
        self.queue: asyncio.Queue[tuple[str, str, Rows] | None] = asyncio.Queue()
        self.transport: asyncio.Transport | None = None
        self.closing = False
        self.woken = asyncio.Event()
        """Set when the line is to end or to speak again."""

    def wants(self, kind: str) -> bool:
        """Tell whether a type of notification is to be sent."""
        return kind not in self._without and (not self._only or kind in self._only)


class Bus:
    """Hands every notification to all who listen."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self.listeners: set[Listener] = set()
        self.silent = False
        """The line stays open, and nothing comes through any more, not even answers to pings."""
        self.sent = 0

    def publish(self, kind: str, key: str, rows: Rows) -> None:
        """Send one notification."""
        self.sent += 1
        for listener in self.listeners:
            if listener.wants(kind):
                listener.queue.put_nowait((kind, key, rows))

    def drop(self, *, clean: bool = False) -> int:
        """End all lines, cleanly or by breaking them; returns how many there were."""
        lines = list(self.listeners)
        for listener in lines:
            if not clean and listener.transport is not None:
                listener.transport.abort()
            listener.closing = True
            listener.woken.set()
            listener.queue.put_nowait(None)
        return len(lines)

    def silence(self, silent: bool) -> None:
        """Make all lines dead without closing them, or bring them back."""
        self.silent = silent
        for listener in self.listeners:
            self._apply(listener)

    def flood(self, count: int) -> None:
        """Send what a scan of a big library sends: very many activities, some timeline entries."""
        for number in range(count):
            activity: dict[str, Json] = {
                "uuid": "00000000-0000-0000-0000-00000000f100",
                "type": "library.update.section",
                "cancellable": True,
                "userID": 1,
                "title": "Scanning Films",
                "subtitle": f"Film {number}",
                "progress": number * 100 // max(count, 1),
                "Context": {"librarySectionID": "1"},
            }
            event = "started" if number == 0 else "ended" if number == count - 1 else "updated"
            row: dict[str, Json] = {"event": event, "uuid": activity["uuid"], "Activity": activity}
            self.publish("activity", "ActivityNotification", [row])

    def _apply(self, listener: Listener) -> None:
        listener.woken.set()
        if listener.transport is None or listener.transport.is_closing():
            return
        with suppress(RuntimeError):  # paused or resumed twice
            if self.silent:
                listener.transport.pause_reading()
            else:
                listener.transport.resume_reading()

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one websocket until either side ends it."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        listener = Listener(request.query.get("filters", ""))
        listener.transport = request.transport
        self.listeners.add(listener)
        self._apply(listener)
        reader = asyncio.create_task(self._read(socket, listener))
        try:
            while (message := await listener.queue.get()) is not None:
                await self._loud(listener)
                kind, key, rows = message
                body = {"NotificationContainer": {"type": kind, "size": len(rows), key: rows}}
                await socket.send_str(json.dumps(body, ensure_ascii=False))
        except ConnectionError:
            pass
        finally:
            self.listeners.discard(listener)
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
            with suppress(ConnectionError):
                await socket.close()
        return socket

    async def _loud(self, listener: Listener) -> None:
        """Wait until the line is not dead any more, or ends."""
        while self.silent and not listener.closing:
            await listener.woken.wait()
            listener.woken.clear()

    async def _read(self, socket: web.WebSocketResponse, listener: Listener) -> None:
        async for message in socket:
            if message.type in (WSMsgType.ERROR, WSMsgType.CLOSE):
                break
        listener.queue.put_nowait(None)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Serve one event source: an object instead of a list, and a ping every ten seconds."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        listener = Listener(request.query.get("filters", ""))
        listener.transport = request.transport
        self.listeners.add(listener)
        try:
            while True:
                try:
                    message = await asyncio.wait_for(listener.queue.get(), PING_SECONDS)
                except TimeoutError:
                    message = ("ping", "", [])
                if message is None:
                    break
                await self._loud(listener)
                kind, key, rows = message
                data: Json = {key: rows[0]} if rows else {}
                text = f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
                await response.write(text.encode())
        except ConnectionError:
            pass
        finally:
            self.listeners.discard(listener)
        return response
