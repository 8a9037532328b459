"""The server as a whole: starting, stopping, restarting, and what every request passes through."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
import time
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from . import artwork, butler, control, maintenance, metadata, prefs, root, sections, session_routes, updater
from .answers import Refused, error
from .evening import Evening
from .faults import strike
from .keys import STATE
from .library import fill
from .listening import HOST, close_door, listen
from .plextv import PlexTv
from .quirks import Quirks
from .state import Identity, Seen, State
from .tls import server_context
from .tokens import Account, refusal, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from pathlib import Path
    import ssl

    from .sessions import Sessions

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN = "simulated-owner-token"
"""The owner's token where none is given; not a secret, it opens nothing but this simulator."""


class Simulator:
    """One simulated server, from ``async with`` on; see the package's README for what can be steered."""

    def __init__(
        self,
        *,
        media: Iterable[tuple[str, str, str | Path]] = (),
        synthetic: int | Mapping[str, int] = 0,
        seed: int = 1,
        token: str = TOKEN,
        shared_token: str | None = None,
        shared_sections: Iterable[int] | None = None,
        name: str = "Simulated Plex",
        machine_identifier: str = "",
        port: int = 0,
        tls: bool = False,
        tls_names: Iterable[str] = (),
        cache_answers: bool = False,
        plex_tv: bool = False,
        plex_tv_port: int = 0,
        report_every: float = 0.0,
        evening: bool = False,
        evening_speed: float = 1.0,
        **quirks: Any,
    ) -> None:
        """Set up a server; every further word is a quirk. Raises KeyError for an unknown one.

        ``media``: name, type (``movie``, ``show``, ``artist``) and folder of each library. ``synthetic``: number of
        made-up films, or a mapping of type to number. Without either there is a small made-up library of each type.
        ``report_every``: seconds between the players' own reports, 0 = only when told to.
        """
        self.state = State(identity=Identity(name, machine_identifier), token=token, quirks=Quirks())
        self.state.quirks.update(quirks)
        self.token = token
        if shared_token is not None:
            seen = None if shared_sections is None else frozenset(shared_sections)
            self.state.accounts[shared_token] = Account("shared", seen)
        if cache_answers:
            self.state.cache = {}
        fill(self.state.library, list(media), synthetic, seed)
        self.port = port
        self.tls = tls
        self._names = list(tls_names)
        self._context: ssl.SSLContext | None = None
        self.certificate = ""
        """The self-signed certificate as PEM, once the server runs with TLS."""
        self.plex_tv: PlexTv | None = PlexTv(port=plex_tv_port) if plex_tv else None
        self.control_url = ""
        self._report_every = report_every
        self.evening: Evening | None = Evening(self, evening_speed) if evening else None
        self._stack = AsyncExitStack()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"{'https' if self.tls else 'http'}://{HOST}:{self.port}"

    @property
    def machine_identifier(self) -> str:
        """What tells this server from all others."""
        return self.state.identity.machine_identifier

    @property
    def sessions(self) -> Sessions:
        """Who is watching."""
        return self.state.sessions

    @property
    def quirks(self) -> Quirks:
        """How this server misbehaves."""
        return self.state.quirks

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        try:
            await self._enter()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _enter(self) -> None:
        if self.tls:
            self._context, self.certificate = await asyncio.to_thread(server_context, [HOST, "localhost", *self._names])
        self._runner = web.AppRunner(
            self._application(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        self._stack.push_async_callback(self._runner.cleanup)
        await self._listen()
        self.control_url = await control.serve(self, self._stack)
        if self.plex_tv is not None:
            await self._stack.enter_async_context(self.plex_tv)
            self.plex_tv.add(self)
        self._stack.push_async_callback(self.state.close)
        if self._report_every:
            self.state.keep(asyncio.get_running_loop().create_task(self._reports()))
        if self.evening is not None:
            self.evening.start()

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and everything under way."""
        self.state.bus.drop(clean=True)
        if self._site is not None:
            await close_door(self._site)
        await self._stack.aclose()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site, self.port = await listen(self._runner, self.port, self._context)

    async def stop(self) -> None:
        """Go off the line as a server that was switched off: nobody listens, all lines break."""
        if self._site is not None:
            site, self._site = self._site, None
            self.state.bus.drop()
            await close_door(site)
            await site.stop()
            assert self._runner is not None
            server = self._runner.server
            if server is not None:
                for connection in list(server.connections):
                    connection.force_close()
                    if connection.transport is not None:
                        connection.transport.abort()

    async def restart(
        self, *, down: float = 0.0, new_port: bool = False, starting: bool = False, keep_streams: bool = True
    ) -> None:
        """Restart: all lines break; streams that go on get new session keys, from 1.

        ``down``: seconds off the line; ``starting``: afterwards 503 until ``quirks.starting`` is switched off.
        """
        await self.stop()
        if keep_streams:
            self.sessions.renumber()
        else:
            self.sessions.current.clear()
            self.sessions.renumber()
        if new_port:
            self.port = 0
        self.state.identity.started = int(time.time())
        if down:
            await asyncio.sleep(down)
        self.quirks.starting = starting
        await self._listen()

    async def _reports(self) -> None:
        """Let every player report once in each interval, one after the other as real ones do."""
        while True:
            views = list(self.sessions.current.values())
            for view in views:
                await asyncio.sleep(self._report_every / len(views))
                if not view.ended:
                    self.sessions.advance(self._report_every, view)
                    self.sessions.report(view)
            if not views:
                await asyncio.sleep(self._report_every)
            self.sessions.update_transcodes()

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[_outermost, _rules], client_max_size=1 << 20)
        app[STATE] = self.state
        for module in (root, session_routes, prefs, butler, updater, maintenance, metadata, sections, artwork):
            for route in module.routes:
                assert isinstance(route, web.RouteDef)
                # Plex takes every path with a slash at its end too, and HEAD wherever it takes GET.
                paths = [route.path, f"{route.path}/"] if len(route.path) > 1 else [route.path]
                for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
                    for path in paths:
                        app.router.add_route(method, path, route.handler)
        bus = self.state.bus
        app.router.add_get("/:/websockets/notifications", bus.websocket)
        app.router.add_get("/:/websocket/notifications", bus.websocket)
        app.router.add_get("/:/eventsource/notifications", bus.events)
        app.add_routes(control.routes_of(self))
        return app


def _seen(request: web.Request, state: State) -> Seen:
    token = token_of(request)
    account = state.accounts.get(token)
    kind = account.kind if account is not None else "wrong" if token else ""
    query = {key: value for key, value in request.query.items() if key != "X-Plex-Token"}
    start = request.headers.get("X-Plex-Container-Start") or request.query.get("X-Plex-Container-Start")
    size = request.headers.get("X-Plex-Container-Size") or request.query.get("X-Plex-Container-Size")
    paging = (start or "", size or "") if start or size else None
    client = request.headers.get("X-Plex-Client-Identifier", "")
    return Seen(request.method, request.path, query, kind, client, time.time(), paging)


@web.middleware
async def _outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the log, and turn whatever goes wrong into HTML."""
    if request.path.startswith("/_sim"):
        return await handler(request)
    state = request.app[STATE]
    seen = _seen(request, state)
    state.log.append(seen)
    try:
        response = await handler(request)
    except Refused as err:
        response = error(err.status)
    except web.HTTPException as err:
        response = error(404 if err.status == 405 else err.status)
    seen.status = response.status
    if not response.prepared:
        response.headers["X-Plex-Protocol"] = "1.0"
    return response


@web.middleware
async def _rules(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Apply what holds for every request: delay, start-up, tokens, faults."""
    if request.path.startswith("/_sim"):
        return await handler(request)
    state = request.app[STATE]
    if state.quirks.delay:
        await asyncio.sleep(state.quirks.delay)
    if state.quirks.starting:
        return error(503)
    status = refusal(request, state.accounts, state.quirks)
    if status:
        return error(status)
    return await strike(request, handler, state)
