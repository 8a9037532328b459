"""A small simulated server, and a client that only asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from simulator import Simulator


class Asker:
    """Asks a simulator over HTTP, as the owner unless told otherwise."""

    def __init__(self, plex: Simulator, session: aiohttp.ClientSession) -> None:
        self.plex = plex
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        accept: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes, dict[str, str]]:
        """Call and give status, body and headers; ``path`` goes out as it is written."""
        import yarl

        given = self.plex.token if token is None else token
        sent = {"Accept": accept, **({"X-Plex-Token": given} if given else {}), **(headers or {})}
        url = yarl.URL(f"{self.plex.url}{path}", encoded=True)
        async with self.session.request(method, url, headers=sent, ssl=False, allow_redirects=False) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    async def get(self, path: str, **options: Any) -> dict[str, Any]:
        """Give the container of a JSON answer."""
        import json

        status, body, _ = await self.call("GET", path, **options)
        assert status == 200, (status, body[:200])
        root: dict[str, Any] = json.loads(body)["MediaContainer"]
        return root

    async def status(self, method: str, path: str, **options: Any) -> int:
        """Give the status only."""
        return (await self.call(method, path, **options))[0]

    async def control(self, method: str, path: str, words: Any = None) -> Any:
        """Steer over the control's own port."""
        async with self.session.request(method, f"{self.plex.control_url}/_sim/{path}", json=words) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def socket(self, path: str = "/:/websockets/notifications") -> Any:
        """Open a websocket."""
        return self.session.ws_connect(f"{self.plex.url}{path}", headers={"X-Plex-Token": self.plex.token})


def page(start: int, size: int) -> dict[str, str]:
    """Headers that ask for a page."""
    return {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(size)}


async def until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # what is waited for has no event
            await asyncio.sleep(0.005)


async def receive(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """Give the first row of the next notification of a type."""
    async with asyncio.timeout(30):
        while True:
            container = (await socket.receive_json())["NotificationContainer"]
            if container["type"] == kind:
                assert container["size"] == 1
                rows: list[dict[str, Any]] = next(value for value in container.values() if isinstance(value, list))
                return rows[0]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


@pytest.fixture
async def plex() -> AsyncIterator[Simulator]:
    async with Simulator() as one:
        yield one


@pytest.fixture
def ask(plex: Simulator, session: aiohttp.ClientSession) -> Asker:
    return Asker(plex, session)
