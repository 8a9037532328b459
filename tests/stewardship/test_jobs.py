"""The job engine: one at a time, progress, stopping."""

import asyncio
import threading

import pytest

from custom_components.plex_steward.coordinators import jobs
from custom_components.plex_steward.coordinators.jobs import (
    Busy,
    CancelledWhileWaiting,
    JobEngine,
    JobState,
    Progress,
)

PATIENCE = 30


@pytest.fixture
def told() -> list[Progress]:
    """What the engine said."""
    return []


@pytest.fixture
def engine(hass, told) -> JobEngine:
    """An engine whose words are kept."""
    return JobEngine(hass, told.append)


async def test_work_runs_in_a_thread_and_gives_its_result(engine, told) -> None:
    """State, stage and reason are told apart."""

    def work(tell, cancelled):
        tell("scan", 0, 0)
        tell("apply", 1, 4)
        return threading.current_thread() is not threading.main_thread()

    assert await engine.run("button", work) is True
    assert engine.progress == jobs.IDLE
    assert told[0] == Progress(JobState.RUNNING, "", "button")
    assert Progress(JobState.RUNNING, "apply", "button", 1, 4) in told
    assert told[-1].state is JobState.IDLE
    assert Progress(JobState.RUNNING, "apply", "button", 1, 4).percent == 25


async def test_progress_is_told_seldom(engine, told, monkeypatch) -> None:
    """However often the work speaks."""
    monkeypatch.setattr(jobs, "PACE", 3600.0)

    def work(tell, cancelled):
        for number in range(10_000):
            tell("apply", number, 10_000)

    await engine.run("button", work)
    assert len(told) == 3  # begun, the first word of the stage, idle


@pytest.mark.parametrize(("stretch", "rests"), [(-1.0, 3), (3600.0, 1)])
async def test_work_lets_the_loop_in_now_and_then(engine, monkeypatch, stretch, rests) -> None:
    """It rests when it has gone on for a stretch, and asks for no more than that."""
    monkeypatch.setattr(jobs, "STRETCH", stretch)
    rested: list[float] = []
    monkeypatch.setattr(engine._stop, "wait", rested.append)
    await engine.run("button", lambda tell, cancelled: [cancelled() for _ in range(3)])
    assert rested == [jobs.BREATH] * rests


async def test_a_second_job_is_refused(engine) -> None:
    """And the first goes on."""
    go = threading.Event()
    first = asyncio.ensure_future(engine.run("button", lambda tell, cancelled: go.wait(PATIENCE)))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await engine.run("schedule", lambda tell, cancelled: None)
    go.set()
    assert await first is True
    assert await engine.run("schedule", lambda tell, cancelled: 5) == 5


def patient(started: threading.Event):
    """Work that goes on until it is stopped."""

    def work(tell, cancelled):
        started.set()
        waiting = threading.Event()
        while not cancelled():
            waiting.wait(0.01)
        return "stopped"

    return work


async def test_cancel_stops_the_work_between_two_steps(hass, engine, told) -> None:
    """Its result still comes back."""
    assert engine.cancel() is False
    started = threading.Event()
    job = asyncio.ensure_future(engine.run("button", patient(started)))
    assert await hass.async_add_executor_job(started.wait, PATIENCE)
    assert engine.cancel() is True
    assert await job == "stopped"
    assert JobState.CANCELLING in {progress.state for progress in told}


async def test_a_cancelled_task_waits_for_its_thread(hass, engine) -> None:
    """When the entry is unloaded, no thread is left writing."""
    started = threading.Event()
    job = asyncio.ensure_future(engine.run("schedule", patient(started)))
    assert await hass.async_add_executor_job(started.wait, PATIENCE)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert not engine.busy


async def test_shut_down_waits_for_the_end(hass, engine) -> None:
    """Whoever runs the job."""
    started = threading.Event()
    job = asyncio.ensure_future(engine.run("schedule", patient(started)))
    assert await hass.async_add_executor_job(started.wait, PATIENCE)
    await engine.shut_down()
    assert not engine.busy
    assert await job == "stopped"
    await engine.shut_down()


async def test_an_error_ends_the_job(engine) -> None:
    """It belongs to whoever asked."""

    def work(tell, cancelled):
        raise OSError(5, "broken")

    with pytest.raises(OSError, match="broken"):
        await engine.run("button", work)
    assert not engine.busy


async def test_the_gate_opens(engine, told) -> None:
    """The work begins when it may."""
    gate = asyncio.Event()

    async def quiet() -> None:
        await gate.wait()

    job = asyncio.ensure_future(engine.run("schedule", lambda tell, cancelled: 1, quiet))
    await asyncio.sleep(0)
    assert engine.progress.stage == jobs.WAITING
    gate.set()
    assert await job == 1


async def test_cancelling_while_waiting(engine) -> None:
    """Nothing is done; the caller is told so, and its own task is not cancelled."""

    async def never() -> None:
        await asyncio.Event().wait()

    job = asyncio.ensure_future(engine.run("schedule", lambda tell, cancelled: 1, never))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    engine.cancel()
    with pytest.raises(CancelledWhileWaiting):
        await job
    assert not engine.busy
    job = asyncio.ensure_future(engine.run("schedule", lambda tell, cancelled: 1, never))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert not engine.busy
