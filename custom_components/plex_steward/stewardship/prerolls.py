"""Puts the right prerolls in force on the server, and puts back what was there before."""

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.const import STATE_ON
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_interval
from homeassistant.helpers.storage import Store
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .. import border
from ..const import DOMAIN, LOGGER, SUBENTRY_PREROLL_SET
from ..coordinators.server import ServerCoordinator
from ..data import StewardConfigEntry
from ..plex.control import Control
from ..plex.errors import NotFound, PlexError
from ..prerolls import PREFERENCE, Memory, PrerollSet, choose, decide, settled
from ..seasons import SeasonKind
from . import health
from .memory import made_of

STORE_VERSION: Final = 1
EACH_MINUTE: Final = timedelta(minutes=1)
LOOK_AGAIN: Final = timedelta(minutes=10)
"""How often the setting is read although nothing is to change: to notice what was done by hand."""
NO_PLEX_PASS: Final = "no_plex_pass_prerolls"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True)
class PrerollState:
    """What is in force."""

    memory: Memory
    value: str | None = None
    """The setting as read last; None when it was never read."""
    by_hand: bool = False
    """Whether it is not what was written for what is in force."""


class Prerolls(DataUpdateCoordinator[PrerollState]):
    """The prerolls of one server."""

    config_entry: StewardConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: StewardConfigEntry, control: Control, server: ServerCoordinator
    ) -> None:
        """Prepare; `async_start` goes on where the last run stopped."""
        super().__init__(hass, LOGGER, config_entry=entry, name="prerolls", update_interval=LOOK_AGAIN)
        self._control = control
        self.data = PrerollState(Memory())
        self._server = server
        self._turn = asyncio.Lock()
        """Reading, deciding and writing belong together."""
        self._store: Store[dict[str, Any]] = Store(hass, STORE_VERSION, store_key(entry), private=True)
        self.sets = {
            subentry.subentry_id: PrerollSet.from_dict(subentry.subentry_id, subentry.title, subentry.data)
            for subentry in entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_PREROLL_SET
        }

    async def async_start(self) -> None:
        """Read what was written down and see to the present; call it once."""
        if remembered := made_of(await self._store.async_load(), Memory.from_dict, "prerolls"):
            self.data = PrerollState(remembered)
        unload = self.config_entry.async_on_unload
        unload(async_track_time_interval(self.hass, self._minute, EACH_MINUTE))
        calendars = [one.season.calendar for one in self.sets.values() if one.season.calendar]
        if calendars:
            unload(async_track_state_change_event(self.hass, calendars, self._changed))
        unload(self.async_add_listener(self._judge))
        await self.async_refresh()

    def wanted(self, mode: str) -> PrerollSet | None:
        """The set that should be in force: the one chosen by hand, else the one whose season is on."""
        return choose(self.sets, mode, dt_util.now().date(), self._calendar_on)

    async def choose(self, mode: str) -> tuple[str, str]:
        """Choose by hand: `automatic`, `none` or the id of a set. Gives the setting before and after."""
        async with self._turn:
            with border.actions():
                before = await self._read()
                await self._see_to(replace(self.data.memory, mode=mode), before)
        return before, self.data.value or ""

    async def write(self, text: str) -> tuple[str, str]:
        """Write a text by hand; it stays until the next season begins. Gives the setting before and after."""
        async with self._turn:
            with border.actions():
                before = await self._read()
                after = await self._write(text)
            self._tell(self.data.memory, after)
        return before, after

    @override
    async def _async_update_data(self) -> PrerollState:
        """Read the setting and do what is due."""
        async with self._turn:
            with border.updates():
                await self._see_to(self.data.memory, await self._read())
        return self.data

    async def _read(self) -> str:
        """The setting as it is; a server without it has no prerolls."""
        try:
            setting = await self.hass.async_add_executor_job(self._control.preference, PREFERENCE)
        except NotFound:
            return ""
        return str(setting.value)

    async def _write(self, text: str) -> str:
        """Write the setting and give what the server then says it is."""
        _, after = await self.hass.async_add_executor_job(self._control.set_preference, PREFERENCE, text)
        return str(after.value)

    async def _see_to(self, memory: Memory, current: str) -> None:
        """Decide, write, read the truth back, and only then remember."""
        decision = decide(memory, self.wanted(memory.mode), current)
        if decision.write is not None and decision.intent is not None:
            intent = replace(decision.intent, mode=self.data.memory.mode)
            await self._store.async_save(asdict(intent))
            self.data = replace(self.data, memory=intent)
            current = await self._write(decision.write)
            if current != decision.write:
                LOGGER.debug("The server did not take the prerolls; it will be tried again")
                self._tell(replace(self.data.memory, mode=memory.mode), current)
                return
        if decision.memory != self.data.memory:
            await self._store.async_save(asdict(decision.memory))
        self._tell(decision.memory, current)

    @callback
    def _tell(self, memory: Memory, value: str) -> None:
        """Show it."""
        by_hand = bool(memory.active) and value != memory.written
        self.async_set_updated_data(PrerollState(memory, value, by_hand))

    async def _minute_passed(self) -> None:
        """Ask the server only if something is to change."""
        if self.last_update_success and settled(self.data.memory, self.wanted(self.data.memory.mode)):
            return
        try:
            async with self._turn:
                await self._see_to(self.data.memory, await self._read())
        except PlexError as error:  # tried again in a minute; the regular reading reports it
            LOGGER.debug("The prerolls could not be seen to: %s", error)

    @callback
    def _minute(self, _: datetime) -> None:
        self.config_entry.async_create_background_task(self.hass, self._minute_passed(), "plex_steward prerolls")

    @callback
    def _changed(self, _: object) -> None:
        self.config_entry.async_create_background_task(self.hass, self._minute_passed(), "plex_steward prerolls")

    def _calendar_on(self, entity_id: str) -> bool:
        state = self.hass.states.get(entity_id)
        return state is not None and state.state == STATE_ON

    @callback
    def _judge(self) -> None:
        """Say once that prerolls need Plex Pass, while sets are there that need it."""
        automatic = any(one.season.kind is not SeasonKind.MANUAL for one in self.sets.values())
        if self._server.data.info.plex_pass is False and (automatic or self.data.memory.mode in self.sets):
            health.raise_issue(self.hass, self.config_entry, NO_PLEX_PASS)
        else:
            health.clear_issue(self.hass, self.config_entry, NO_PLEX_PASS)


def store_key(entry: StewardConfigEntry) -> str:
    """Where it is written down."""
    return f"{DOMAIN}.{entry.entry_id}.prerolls"


async def forget(hass: HomeAssistant, entry: StewardConfigEntry) -> None:
    """Remove what was written down, with the entry."""
    await Store[dict[str, Any]](hass, STORE_VERSION, store_key(entry)).async_remove()
