"""A set-up integration with a simulated server and a mirror, and what is done to it at random.

An input is JSON. Each target is a way to put it in: actions, forms, the push channel's messages, the server's answers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager, suppress
import json
import logging
from pathlib import Path
import time
from typing import Any, cast
from unittest.mock import patch

from aiohttp import TCPConnector
from aiohttp.helpers import is_ip_address
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.exceptions import HomeAssistantError, ServiceNotSupported
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads
from multidict import CIMultiDict, CIMultiDictProxy
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.plex_steward.const import DOMAIN
from custom_components.plex_steward.coordinators import library as library_coordinator
from custom_components.plex_steward.plex import connection, pages, terminate, wire
from custom_components.plex_steward.plex.notifications import parse
from custom_components.plex_steward.stewardship import housekeeping_work, library_news
from custom_components.plex_steward.stewardship.events import TYPES
from simulator import Simulator
from tests.integration.conftest import MakeEntry, Setup
from tests.integration.mirror_house import MIRROR_ID, make_library, subentry
from tests.mirror.disk import frozen, tree

from .target import CPU_LIMIT, PRODUCT, SECRETS, Finding, Listener, insist_on_secrecy, tell

PATIENCE = 900.0
"""Seconds that one input may take: a loaded machine hardly lets us run. `CPU_LIMIT` is the sharper one."""
SOON = 0.02


class House:
    """Everything that one run needs."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, plex: Simulator, root: Path) -> None:
        """Look around."""
        self.hass, self.entry, self.plex, self.root = hass, entry, plex, root
        self.source, self.target = root / "plex", root / "jellyfin"
        self.before = frozen(self.source)
        self.around = tree(root)
        self.ours = Listener()
        self.theirs = Listener("homeassistant")
        self.theirs.setLevel(logging.WARNING)
        self.checks: dict[str, Callable[[Any], Awaitable[None]]] = {
            "actions": self.act,
            "options": self.fill_in,
            "pushes": self.push,
            "polls": self.poll,
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """Token and address."""
        return (self.plex.token, f"127.0.0.1:{self.plex.port}")

    async def attempt(self, target: str, text: str) -> BaseException | None:
        """Try one input; give what it broke."""
        for listener in (self.ours, self.theirs):
            listener.take()
        began = time.process_time()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.checks[target](json.loads(text))
                await self.settle()
            self.look_at_logs()
            self.look_at_disk()
            self.look_at_what_is_kept()
            self.look_at_clock(began)
        except TimeoutError:
            return Finding("hangs")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            return error
        finally:
            await self.tidy(target)
        return None

    def look_at_clock(self, began: float) -> None:
        """It took no more than its time of the processor."""
        if time.process_time() - began > CPU_LIMIT:
            raise Finding("took too much of the processor")

    def look_at_logs(self) -> None:
        """Nothing went wrong behind the scenes, and nothing was told."""
        for listener in (self.ours, self.theirs):
            for record, line in listener.take():
                error = record.exc_info[1] if record.exc_info else None
                if error is not None and record.levelno >= logging.ERROR and PRODUCT in tell(error):
                    raise error
                if listener is self.ours:
                    insist_on_secrecy(line, (*self.secrets, *SECRETS[1:2], str(self.root), SECRETS[4]))

    def look_at_what_is_kept(self) -> None:
        """Home Assistant can send every state and save what it knows of entries, devices and entities."""
        for state in self.hass.states.async_all():
            json_bytes(state.as_dict())
        for registry in (self.hass.config_entries, dr.async_get(self.hass), er.async_get(self.hass)):
            json_bytes(registry._data_to_save())

    def look_at_disk(self) -> None:
        """The source is as it was, and nothing lies outside the target."""
        if frozen(self.source) != self.before:
            raise Finding("a file of the source changed")
        for path, what in tree(self.root).items():
            if not path.startswith(f"{self.target.name}/") and self.around.get(path) != what:
                raise Finding(f"outside the target: {path}")

    async def settle(self) -> None:
        """Let what was set off happen."""
        for _ in range(3):
            await asyncio.sleep(0)
        await self.hass.async_block_till_done()

    async def tidy(self, target: str) -> None:
        """Make the house as it was."""
        data = getattr(self.entry, "runtime_data", None)
        if data is not None and data.maintenance is not None:
            await data.maintenance.stop()
        for view in list(self.plex.sessions.current.values()):
            self.plex.sessions.stop(view)
        if target == "options":
            for one in list(self.entry.subentries.values()):
                if one.subentry_id != MIRROR_ID:
                    self.hass.config_entries.async_remove_subentry(self.entry, one.subentry_id)
            if self.entry.options:
                self.hass.config_entries.async_update_entry(self.entry, options={})
        for manager in (
            self.hass.config_entries.flow,
            self.hass.config_entries.options,
            self.hass.config_entries.subentries,
        ):
            for flow in manager.async_progress():
                manager.async_abort(flow["flow_id"])
        await self.settle()
        if self.entry.state is not ConfigEntryState.LOADED:
            await self.hass.config_entries.async_reload(self.entry.entry_id)
            await self.settle()

    # Actions

    def meant(self, value: Any) -> Any:
        """Put real ids and paths in the place of words for them."""
        if isinstance(value, str) and value.startswith("@"):
            mirror = dr.async_get_device_id_by_identifier(
                self.hass, (DOMAIN, MIRROR_ID), config_entry_id=self.entry.entry_id
            )
            words = {
                "@entry": self.entry.entry_id,
                "@mirror": mirror,
                "@source": str(self.source),
                "@target": str(self.target),
            }
            words |= {
                "@url": self.plex.url,
                "@token": self.plex.token,
                "@root": str(self.root),
                "@free": str(self.root / "free"),
            }
            libraries = self.entry.runtime_data.server.libraries if self.entry.state is ConfigEntryState.LOADED else ()
            words["@library"] = libraries[0].title if libraries else ""
            words["@location"] = libraries[0].locations[0] if libraries and libraries[0].locations else ""
            for word, real in words.items():
                value = value.replace(word, real)
            return value
        if isinstance(value, dict):
            return {key: self.meant(one) for key, one in value.items()}
        return [self.meant(one) for one in value] if isinstance(value, list) else value

    async def act(self, case: Any) -> None:
        """Call an action: [name, data, whether a response is wanted, streams]."""
        name, data, wanted, streams = case
        waits = any(data.get(key) for key in ("wait_for_idle", "only_when_idle", "wait"))
        for _ in range(0 if waits else streams):
            self.plex.sessions.start("direct_play", user=SECRETS[4])
        try:
            answer = await self.hass.services.async_call(
                DOMAIN, name, self.meant(data), blocking=True, return_response=wanted, context=Context()
            )
        except probatio.Invalid, ServiceNotSupported:
            return
        except HomeAssistantError as error:
            if error.translation_domain not in (DOMAIN, "homeassistant") or not error.translation_key:
                raise
            insist_on_secrecy(f"{error} {error!r} {error.translation_placeholders}", self.secrets)
            return
        json_bytes(answer)

    # Forms

    async def fill_in(self, case: Any) -> None:
        """Open a form and fill in step after step: [kind, [data, ...]]."""
        try:
            kind, steps = cast("list[Any]", json_loads(json.dumps(case)))
        except ValueError:
            return  # Home Assistant's own reader lets no browser say that
        entries = self.hass.config_entries
        match kind:
            case "options":
                manager: Any = entries.options
                flow = await manager.async_init(self.entry.entry_id)
            case "mirror" | "preroll_set":
                manager = entries.subentries
                flow = await manager.async_init((self.entry.entry_id, kind), context={"source": "user"})
            case "mirror_again":
                manager = entries.subentries
                context = {"source": "reconfigure", "subentry_id": MIRROR_ID}
                flow = await manager.async_init((self.entry.entry_id, "mirror"), context=context)
            case _:
                manager = entries.flow
                flow = await manager.async_init(DOMAIN, context={"source": "user"})
        for given in steps:
            if flow["type"] not in (FlowResultType.FORM, FlowResultType.MENU):
                break
            try:
                flow = await manager.async_configure(flow["flow_id"], self.meant(given))
            except InvalidData:
                continue
            except Exception as error:
                if PRODUCT in tell(error):
                    raise
                continue  # a validator of Home Assistant's own
            if flow["type"] is FlowResultType.FORM:
                json.dumps({**(flow.get("errors") or {}), **(flow.get("description_placeholders") or {})})
        await self.settle()
        if self.entry.state is not ConfigEntryState.LOADED:
            raise Finding(f"the server does not load with these options: {self.entry.state}")

    # The server

    async def push(self, case: Any) -> None:
        """Let the server say something: [message, ...]; streams are on."""
        self.plex.sessions.start("transcode", user=SECRETS[4])
        await self.entry.runtime_data.sessions.async_refresh()
        for message in case:
            if (event := parse(message, TYPES)) is not None:
                self.entry.runtime_data.events._event(event)
        await self.settle()
        self.look_at_logs()

    async def poll(self, case: Any) -> None:
        """Let the server answer something: [path, body]; then everything is read, and all is well again."""
        path, body = case
        data = self.entry.runtime_data
        parts = [data.server, data.sessions, data.activities, data.preferences]
        with answering(path, body.encode("utf-8", "replace")):
            for coordinator in parts:
                await coordinator.async_refresh()
                await self.settle()
            with suppress(HomeAssistantError):
                await self.hass.services.async_call(DOMAIN, "get_sessions", {}, blocking=True, return_response=True)
        self.look_at_logs()
        self.look_at_what_is_kept()
        for coordinator in parts:
            await coordinator.async_refresh()
            if not coordinator.last_update_success:
                raise Finding(f"not well again: {type(coordinator).__name__}")


@contextmanager
def answering(path: str, body: bytes) -> Iterator[None]:
    """Let one path be answered so."""
    real = connection.Connection.request

    async def request(self: connection.Connection, method: str, asked: str, **more: Any) -> wire.Answer:
        if asked.partition("?")[0] == path:
            return wire.Answer(200, CIMultiDictProxy(CIMultiDict({"Content-Type": "application/json"})), body)
        return await real(self, method, asked, **more)

    with patch.object(connection.Connection, "request", request):
        yield


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for what never comes."""
    for module, name in (
        *((library_coordinator, name) for name in ("QUIET", "PACE")),
        (library_news, "NEWS_QUIET"),
        (housekeeping_work, "SHOWS_WITHIN"),
        (terminate, "_STEP"),
    ):
        monkeypatch.setattr(module, name, SOON)
    real = TCPConnector._resolve_host

    async def resolve(self: TCPConnector, host: str, *more: Any, **named: Any) -> Any:
        if not is_ip_address(host):
            raise OSError("nobody is asked for names")
        return await real(self, host, *more, **named)

    monkeypatch.setattr(TCPConnector, "_resolve_host", resolve)
    monkeypatch.setattr(housekeeping_work, "RECOUNTS", (0.0, SOON))
    monkeypatch.setattr(housekeeping_work, "LONGEST", 2.0)
    monkeypatch.setattr(terminate, "LINGER", 0.1)
    assert pages.PageReader.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(pages.PageReader.__init__.__kwdefaults__, "pause", 0.0)


@pytest.fixture
async def house(
    hass: HomeAssistant,
    plex: Simulator,
    make_entry: MakeEntry,
    setup: Setup,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> House:
    """A house that is ready."""
    hurry(monkeypatch)
    root = tmp_path / SECRETS[3].strip("/")
    (root / "free").mkdir(parents=True)
    entry = make_entry(plex, subentries=(subentry(*make_library(root)),))
    await setup(entry)
    await hass.async_block_till_done()
    return House(hass, entry, plex, root)


def in_thread(house: House, target: str) -> Callable[[str], BaseException | None]:
    """Give what Hypothesis calls from its thread while Home Assistant's loop goes on in ours."""

    def attempt(text: str) -> BaseException | None:
        future = asyncio.run_coroutine_threadsafe(house.attempt(target, text), house.hass.loop)
        try:
            return future.result(PATIENCE + 60)
        except NotInTime:
            return Finding("the event loop stands still")

    return attempt
