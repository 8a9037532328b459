"""Work that comes round: when there is a reason, by the clock when there is none, and for those who wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.start import async_at_started

from ..const import LOGGER
from ..data import StewardConfigEntry
from ..plex.errors import PlexError

RETRIES: Final = (60.0, 120.0, 300.0, 900.0)
"""Seconds before a round that failed is tried again."""


class Stopped(PlexError):
    """The round ended because the entry was unloaded."""

    code = "inventory_stopped"


@dataclass(slots=True)
class _Order[T]:
    """Somebody waits for a round."""

    full: bool
    done: asyncio.Future[T]


class Rounds[T]:
    """One round at a time, in one task of the entry; the first begins when Home Assistant is up."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StewardConfigEntry,
        work: Callable[[bool, bool], Awaitable[tuple[T, bool]]],
        failed: Callable[[PlexError], None],
        interval: float,
    ) -> None:
        """`work(due, full)` does a round; it gives the result and whether all came through.

        `due`: more is wanted than what the server spoke of. `failed` hears the `PlexError` of a round. `interval` is in
        seconds.
        """
        self._hass, self._entry = hass, entry
        self._work, self._failed = work, failed
        self._interval = interval
        self._wake = asyncio.Event()
        self._due = False
        self._orders: list[_Order[T]] = []
        self._failures = 0
        self._timer: CALLBACK_TYPE | None = None
        self._task: asyncio.Task[None] | None = None

    @callback
    def async_start(self, first: Callable[[], Awaitable[None]]) -> None:
        """Begin with `first`, at once; then come round."""
        self._task = self._entry.async_create_background_task(
            self._hass, self._run(first), "plex_steward inventory", eager_start=False
        )

    async def close(self) -> None:
        """Stop; a round that is under way is cancelled."""
        self._stop_timer()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._stop_timer()
        for order in self._orders:
            _answer(order, Stopped())

    async def order(self, *, full: bool = False) -> T:
        """Have a round and give its result. Raises what it raises, or `Stopped`."""
        if self._task is None:
            raise Stopped
        order: _Order[T] = _Order(full, self._hass.loop.create_future())
        self._orders.append(order)
        self._wake.set()
        return await order.done

    @callback
    def wake(self, *, due: bool = True) -> None:
        """Come round soon."""
        self._due = self._due or due
        self._wake.set()

    async def _run(self, first: Callable[[], Awaitable[None]]) -> None:
        await first()
        started = asyncio.Event()

        @callback
        def start(_: HomeAssistant) -> None:
            started.set()

        self._entry.async_on_unload(async_at_started(self._hass, start))
        await started.wait()
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._round()
            self._stop_timer()
            wait = RETRIES[min(self._failures, len(RETRIES)) - 1] if self._failures else self._interval
            self._timer = async_call_later(self._hass, wait, self._by_the_clock)

    async def _round(self) -> None:
        orders, self._orders = self._orders, []
        due, self._due = self._due or bool(orders), False
        came_through = False
        outcome: tuple[T] | Exception = Stopped()
        try:
            result, came_through = await self._work(due, any(order.full for order in orders))
            outcome = (result,)
        except PlexError as error:
            outcome = error
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the rounds for good
            outcome = error
            LOGGER.exception("Reading the libraries failed")
        finally:
            for order in orders:
                _answer(order, outcome)
        self._failures = 0 if came_through else self._failures + 1

    @callback
    def _by_the_clock(self, _: datetime) -> None:
        self.wake()

    @callback
    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None


def _answer[T](order: _Order[T], outcome: tuple[T] | Exception) -> None:
    """Answer somebody who may have gone."""
    if order.done.done():
        return
    if isinstance(outcome, Exception):
        order.done.set_exception(outcome)
    else:
        order.done.set_result(outcome[0])
