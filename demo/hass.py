"""A real Home Assistant process on 127.0.0.1, and the few calls a set-up needs.

The demo and the end-to-end tests share it. Nothing of Home Assistant is mocked: it is started as its users start it,
onboarded over HTTP, and ended by its own process id.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
import json
import os
from pathlib import Path
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
INTEGRATION = ROOT / "custom_components" / "plex_steward"

PYTHON = os.environ.get("PLEX_STEWARD_HASS_PYTHON") or sys.executable
"""The Python whose Home Assistant is started; the tests of the next release name another than their own."""

USER = "demo"
PASSWORD = "demo"
READY_WITHIN = 180
"""Seconds that Home Assistant may take to answer; a loaded two-core machine needs its time."""

CONFIGURATION = """\
homeassistant:
  name: Plex Steward
  latitude: 52.37
  longitude: 4.89
  elevation: 2
  unit_system: metric
  time_zone: {time_zone}
  country: NL
  currency: EUR
frontend:
config:
api:
conversation:
history:
logbook:
system_health:
logger:
  default: {level}
  logs:
    custom_components.plex_steward: {own_level}
"""


class HassError(RuntimeError):
    """Home Assistant answered with an error; ``status`` and ``body`` carry it."""

    def __init__(self, status: int, path: str, body: str) -> None:
        """Keep what it said."""
        super().__init__(f"{status} for {path}: {body[:500]}")
        self.status = status
        self.body = body


def free_port() -> int:
    """Return a TCP port of the loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class Hass:
    """One Home Assistant: its folder, its process, and a signed-in session."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        python: str = PYTHON,
        level: str = "warning",
        own_level: str = "info",
        extra: str = "",
        time_zone: str = "UTC",
    ) -> None:
        """Prepare the folder ``folder``; ``extra`` is appended to its ``configuration.yaml``.

        ``environment`` is added to the process's: `demo.stand_in` reads there where plex.tv is played.
        """
        self.folder = folder
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.python = python
        self.environment = dict(environment or {})
        self.tokens: dict[str, Any] = {}
        self.log_file = folder / "run.log"
        self._session: aiohttp.ClientSession | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lay_out(CONFIGURATION.format(level=level, own_level=own_level, time_zone=time_zone) + extra)

    def _lay_out(self, configuration: str) -> None:
        """Write what must be there before the first start; keep what an earlier start has made."""
        components = self.folder / "custom_components"
        components.mkdir(parents=True, exist_ok=True)
        link = components / INTEGRATION.name
        if link.is_symlink() or link.exists():
            link.unlink()
        link.symlink_to(INTEGRATION)
        (self.folder / "configuration.yaml").write_text(configuration, encoding="utf-8")
        # The HTTP settings live in storage; a block in YAML would be a trial of five minutes.
        self._store(
            "http",
            2,
            2,
            {
                "stable": {
                    "server_host": ["127.0.0.1"],
                    "server_port": self.port,
                    "cors_allowed_origins": [],
                    "login_attempts_threshold": -1,
                    "ip_ban_enabled": False,
                    "ssl_profile": "modern",
                    "use_x_frame_options": True,
                    "created_at": datetime.now(UTC).isoformat(),
                    "error": None,
                    "error_message": None,
                },
                "pending": None,
                "yaml_migration_done": True,
            },
        )
        # These steps of the onboarding would add integrations that want the internet.
        if not (self.folder / ".storage" / "onboarding").exists():
            self._store("onboarding", 4, 1, {"done": ["core_config", "analytics", "integration"]})

    def _store(self, key: str, version: int, minor: int, data: object) -> None:
        """Write one file of Home Assistant's storage."""
        file = self.folder / ".storage" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        document = {"version": version, "minor_version": minor, "key": key, "data": data}
        file.write_text(json.dumps(document), encoding="utf-8")

    # The process

    @property
    def pid(self) -> int:
        """Return the process's id."""
        assert self._process is not None
        return self._process.pid

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the HTTP session, opened at the first use."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession()
        return self._session

    async def __aenter__(self) -> Self:
        """Start, sign in (onboard at the first start), and wait until it runs."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop what was started."""
        await self.stop()

    async def start(self) -> None:
        """Start the process and return when Home Assistant runs and we are signed in."""
        environment = {**os.environ, **self.environment, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
        environment["PYTHONWARNINGS"] = "default::DeprecationWarning"  # the log has them, whoever looks
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [self.python, "-m", "demo.stand_in", "-c", str(self.folder), "--skip-pip", "--log-no-color"],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        until = time.monotonic() + READY_WITHIN
        done = await self._first_answer(until)
        await (self._sign_in() if done else self._onboard())
        while (await self.get("/api/config"))["state"] != "RUNNING":
            self._must_live(until)
            await asyncio.sleep(0.1)

    async def _first_answer(self, until: float) -> bool:
        """Return whether the user exists already, as soon as Home Assistant answers."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self.session.get(f"{self.base}/api/onboarding") as answer:
                    if answer.status == 200:
                        steps = await answer.json()
                        return all(step["done"] for step in steps)
                    if answer.status == 404:
                        return True  # onboarding is over, and its views are gone
            self._must_live(until)
            await asyncio.sleep(0.1)

    def _must_live(self, until: float) -> None:
        """Raise with the log's end when the process is gone or takes too long."""
        assert self._process is not None
        if self._process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"Home Assistant did not come up:\n{self.log()[-4000:]}")

    async def stop(self, *, timeout: float = 60) -> int | None:
        """End the process politely, by force after ``timeout`` seconds; return its exit code."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        process, self._process = self._process, None
        if process is None:
            return None
        if process.poll() is None:
            process.terminate()
        try:
            return await asyncio.to_thread(process.wait, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            return await asyncio.to_thread(process.wait)

    async def kill(self) -> None:
        """End the process as a power cut would."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        await asyncio.to_thread(process.wait)

    async def restart(self) -> None:
        """Stop and start again."""
        await self.stop()
        await self.start()

    def log(self) -> str:
        """Return all that Home Assistant has printed."""
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    # Signing in

    @property
    def client_id(self) -> str:
        """Return what Home Assistant calls the client: the address of its own pages."""
        return f"{self.base}/"

    async def _onboard(self) -> None:
        """Make the first user."""
        body = {
            "client_id": self.client_id,
            "name": "Demo",
            "username": USER,
            "password": PASSWORD,
            "language": "en",
        }
        answer = await self._call("POST", "/api/onboarding/users", body, signed_in=False)
        await self._take_tokens(answer["auth_code"])

    async def _sign_in(self, username: str = USER, password: str = PASSWORD) -> None:
        """Sign in with the user's password."""
        start = {
            "client_id": self.client_id,
            "handler": ["homeassistant", None],
            "redirect_uri": self.client_id,
        }
        flow = await self._call("POST", "/auth/login_flow", start, signed_in=False)
        answer = await self._call(
            "POST",
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": self.client_id, "username": username, "password": password},
            signed_in=False,
        )
        await self._take_tokens(answer["result"])

    async def _take_tokens(self, code: str) -> None:
        """Change the sign-in's code for tokens, in the form that the frontend keeps."""
        form = {"grant_type": "authorization_code", "code": code, "client_id": self.client_id}
        async with self.session.post(f"{self.base}/auth/token", data=form) as answer:
            tokens = await answer.json()
        self.tokens = tokens | {
            "hassUrl": self.base,
            "clientId": self.client_id,
            "expires": int(time.time() * 1000) + tokens["expires_in"] * 1000,
        }

    # Calls

    async def _call(self, method: str, path: str, body: object = None, *, signed_in: bool = True) -> Any:
        """Call the HTTP API; raise `HassError` with what it says."""
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if signed_in else {}
        async with self.session.request(method, self.base + path, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise HassError(answer.status, path, text)
            return json.loads(text) if text else None

    async def get(self, path: str) -> Any:
        """Return the answer to a GET."""
        return await self._call("GET", path)

    async def post(self, path: str, body: object = None) -> Any:
        """Return the answer to a POST."""
        return await self._call("POST", path, body if body is not None else {})

    async def delete(self, path: str) -> Any:
        """Return the answer to a DELETE."""
        return await self._call("DELETE", path)

    async def ws(self, **command: Any) -> Any:
        """Return the result of one command on a websocket connection of its own."""
        async with self.session.ws_connect(f"{self.base}/api/websocket", max_msg_size=0) as socket_:
            await socket_.receive_json()
            await socket_.send_json({"type": "auth", "access_token": self.tokens["access_token"]})
            assert (await socket_.receive_json())["type"] == "auth_ok"
            await socket_.send_json({"id": 1, **command})
            while (message := await socket_.receive_json()).get("type") != "result":
                pass
            if not message["success"]:
                raise HassError(400, str(command.get("type")), json.dumps(message["error"]))
            return message["result"]

    async def flow(self, handler: object, *steps: Mapping[str, Any], kind: str = "") -> dict[str, Any]:
        """Walk a flow with the answers ``steps``; ``kind`` is '', '/options' or '/subentries'."""
        base = f"/api/config/config_entries{kind}/flow"
        result = await self.post(base, {"handler": handler})
        for step in steps:
            result = await self.post(f"{base}/{result['flow_id']}", dict(step))
        return dict(result)

    async def action(self, name: str, data: object = None, *, domain: str = "plex_steward") -> Any:
        """Call an action and return its response."""
        answer = await self.post(f"/api/services/{domain}/{name}?return_response", data)
        return answer["service_response"]

    async def press(self, entity_id: str) -> None:
        """Press a button entity."""
        await self.post("/api/services/button/press", {"entity_id": entity_id})

    async def state(self, entity_id: str) -> dict[str, Any]:
        """Return an entity's state with its attributes."""
        return dict(await self.get(f"/api/states/{entity_id}"))

    async def entities(self) -> dict[str, str]:
        """Return ``unique id -> entity id`` of the integration's entities."""
        registry = await self.ws(type="config/entity_registry/list")
        short = {row["entity_id"]: row for row in registry if row["platform"] == "plex_steward"}
        if not short:
            return {}
        rows = await self.ws(type="config/entity_registry/get_entries", entity_ids=list(short))
        return {row["unique_id"]: entity_id for entity_id, row in rows.items() if row}
