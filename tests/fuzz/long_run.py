"""Not collected with the suite: `unguided` runs it for the targets that need a house."""

import asyncio

from . import drawn
from .drawing import STRATEGIES
from .findings import Notebook
from .house import House, in_thread


async def test_until_the_time_is_over(house: House, asked: tuple[Notebook, float]) -> None:
    book, seconds = asked
    target = book.result.target
    house.hass.loop.set_debug(False)  # it costs half of the time
    strategy = await asyncio.to_thread(STRATEGIES[target])
    await asyncio.to_thread(drawn.run, book, strategy, in_thread(house, target), seconds)
