"""A reading process is killed at any point, fifty times: the store opens, and the next reading completes it."""

import asyncio
from contextlib import suppress
import json
import os
from pathlib import Path
import random
import signal
import sys

import pytest

from custom_components.plex_steward.plex import reading as module
from custom_components.plex_steward.plex.database import inspect

from .shelf import shelf

KILLS = 50


@pytest.fixture
async def process():
    root = Path(__file__).parents[2]
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.plex.reading_process"),
        cwd=root,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    yield made
    assert made.stdin
    made.stdin.close()
    with suppress(ProcessLookupError):
        made.kill()
    await made.wait()


async def read_and_kill(process, task, pages, delay):
    """Let the process read, and kill it some time after it told of a number of pages."""
    process.stdin.write(json.dumps(task).encode() + b"\n")
    await process.stdin.drain()
    pid = int((await process.stdout.readline()).split()[1])
    for _ in range(pages):
        if await process.stdout.readline() == b"done\n":
            break
    await asyncio.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    while (line := await process.stdout.readline()) != b"end\n":
        assert line, "the reading process itself is gone"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", ["honoured", "ignored"])
async def test_killed_while_reading(tmp_path, process, monkeypatch, mode):
    monkeypatch.setattr(module, "PAGE", 20)
    monkeypatch.setattr(module, "LIGHT_PAGE", 20)
    monkeypatch.setattr("custom_components.plex_steward.plex.batches.BATCH", 7)
    dice = random.Random(mode)
    async with shelf(tmp_path, synthetic={"movie": 160, "show": 1}, include_elements=mode) as made:
        made.store.close()
        task = {"url": made.plex.url, "token": made.plex.token, "machine": made.plex.machine_identifier}
        for number in range(KILLS // 2):
            made.path = tmp_path / f"{number}.db"
            await read_and_kill(
                process, task | {"path": str(made.path)}, dice.randint(1, 9), dice.choice((0, 0.001, 0.003, 0.01))
            )
            assert inspect(made.path) is None
            made.open()
            assert made.store.rebuilt is None
            assert all(report.complete for report in (await made.refresh()).values())
            made.check()
            made.store.close()
        made.open()
