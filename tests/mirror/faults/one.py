"""One run, one fault: make a world, disturb the run in it, look at what is left, and go on as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import shutil
import signal
import traceback
from typing import Any, NamedTuple

from custom_components.plex_steward.mirror import journal
from custom_components.plex_steward.mirror.model import OWN_FOLDER, Materializer, Outcome, Report
from custom_components.plex_steward.mirror.state import State

from ..disk import frozen
from .calls import Call, Calls, Fault, Stopped
from .stories import Story, World

PATIENCE = 120
"""Seconds after which a run hangs; the quickest machine needs a hundredth of one."""

Tree = dict[str, object]


class Sight(NamedTuple):
    """A world at one moment."""

    source: Tree
    """By all that must never change."""
    visible: Tree
    """The target's names with contents; folders are `None`."""
    contents: frozenset[bytes]
    """Of every file anywhere, the trash included."""
    inodes: frozenset[int]
    journals: int
    """Of runs that can be taken back."""


class Reference(NamedTuple):
    """A run that nobody disturbed."""

    story: Story
    before: Sight
    after: Sight
    calls: tuple[Call, ...]
    diff: int
    """Exit code of `diff` afterwards."""


class Result(NamedTuple):
    """What came of one fault."""

    story: str
    fault: Fault
    reached: bool
    ended: str
    """`killed`, `stopped`, `done`, `lines` (exit code 3), `not begun` (1 or 2)."""
    wrong: tuple[str, ...]
    """What broke a promise; empty is as it should be."""
    undone: bool
    """Whether the way back was tried: only runs that write have one."""


def sight(world: World) -> Sight:
    """Look at everything."""
    visible: Tree = {}
    contents, inodes = set(), set()
    for root in (world.source, world.target):
        for folder, folders, files in os.walk(root):
            if root == world.source and world.target.is_symlink() and folder == str(world.target.resolve()):
                folders.clear()
            below = os.path.relpath(folder, root)
            own = below.split("/")[0] == OWN_FOLDER
            if own and below != OWN_FOLDER and not below.startswith(f"{OWN_FOLDER}/trash"):
                continue
            for name in folders:
                if root == world.target and not own and name != OWN_FOLDER:
                    visible[os.path.normpath(f"{below}/{name}")] = None
            for name in files:
                path = Path(folder, name)
                if own and below == OWN_FOLDER:
                    continue
                held = path.read_bytes()
                contents.add(held)
                inodes.add(path.lstat().st_ino)
                if root == world.target and not own and not name.startswith("."):
                    visible[os.path.normpath(f"{below}/{name}")] = held
    records = [journal.read(path) for path in journal.runs(State(str(world.target)).journals)]
    journals = sum(bool(record.steps or record.removals) for record in records)
    return Sight(frozen(world.source), visible, frozenset(contents), frozenset(inodes), journals)


@contextmanager
def made(root: Path, story: Story) -> Any:
    """A world made anew for a story."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    world = World(root)
    try:
        story.prepare(world)
        yield world
    finally:
        shutil.rmtree(root, ignore_errors=True)


def apart(what: Callable[[], Any], around: Callable[[], None]) -> Any:
    """Do something in a child process; None if it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        write = os.write
        try:
            os.close(reading)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(PATIENCE)
            around()
            try:
                answer = what()
            except BaseException:  # noqa: BLE001  whatever it is, the parent is told
                answer = {"crash": traceback.format_exc()}
            data = json.dumps(answer).encode()
            while data:
                data = data[write(writing, data) :]
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, f"ended by signal {os.WTERMSIG(status)}: it hung"
        return None
    answer = json.loads(text)
    if isinstance(answer, dict) and "crash" in answer and answer.get("own") is None:
        raise AssertionError(answer["crash"])
    return answer


def disturbed(world: World, story: Story, fault: Fault | None) -> Any:
    """Carry a story out with a fault, or without one to see its calls."""
    roots = {"own": str(world.target / OWN_FOLDER), "source": str(world.source), "target": str(world.target)}

    def what() -> dict[str, Any]:
        calls = Calls(roots, fault)
        descriptors = _open_files(calls)
        calls.install()
        answer: dict[str, Any] = {"own": True}
        try:
            report = story.act(world)
        except Stopped:
            answer["stopped"] = True
        except Exception:  # noqa: BLE001  a run that raises has broken its promise
            calls.fault = Fault("none")
            answer["crash"] = traceback.format_exc()
        else:
            problems = [[one.path, one.code, one.errno] for one in report.problems]
            answer |= {
                "outcome": report.outcome,
                "code": report.exit_code,
                "refusal": report.refusal,
                "problems": problems,
            }
        calls.fault = Fault("none")
        answer["reached"] = fault is not None and calls.number >= fault.number
        answer["leaked"] = sorted(_open_files(calls) - descriptors)
        if calls.log is not None:
            answer["calls"] = calls.log
        return answer

    return apart(what, story.around)


def _open_files(calls: Calls) -> set[str]:
    """What this process has open, but for the listing that tells it."""
    found = set()
    for name in calls.real["listdir"]("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the listing itself
            found.add(f"{name} {calls.real['readlink'](f'/proc/self/fd/{name}')}")
    return found


def reference(root: Path, story: Story) -> Reference:
    """Carry a story out undisturbed, and count its calls."""
    with made(root, story) as world:
        before = sight(world)
        answer = disturbed(world, story, None)
        assert answer.get("outcome") == story.ends, f"{story.name}: {answer}"
        diff = 0
        if story.verb == "sync" and story.ends is Outcome.DONE:
            diff = world.sync("diff", **_looking(story)).exit_code
        return Reference(story, before, sight(world), tuple(Call(*call) for call in answer["calls"]), diff)


def strike(root: Path, known: Reference, fault: Fault) -> Result:
    """Disturb one run, judge what is left, and carry on."""
    story = known.story
    with made(root, story) as world:
        before = sight(world)
        answer = disturbed(world, story, fault)
        wrong = [*_judge(known, before, sight(world), fault), *_honest(known, sight(world), fault, answer)]
        wrong += apart(lambda: _recover(world, known, before, at_once=fault.number % 3 == 0), story.around)
    ended = "killed" if answer is None else "stopped" if "stopped" in answer else _ending(answer)
    writes = story.verb == "sync" and not story.reads and story.ends is Outcome.DONE
    return Result(story.name, fault, answer is None or answer["reached"], ended, tuple(wrong), writes)


def _ending(answer: dict[str, Any]) -> str:
    if "crash" in answer:
        return "crashed"
    return {0: "done", 3: "lines"}.get(answer["code"], "not begun")


def _judge(known: Reference, before: Sight, now: Sight, fault: Fault) -> list[str]:
    """What must hold at any moment."""
    story = known.story
    wrong = []
    if story.verb != "import" and now.source != before.source:
        wrong.append(f"source touched: {_differences(before.source, now.source)}")
    lost = before.contents - now.contents
    if lost:
        wrong.append(f"contents lost: {sorted(one[:40] for one in lost)}")
    copies = story.options.get("materializer") is Materializer.FORCE_COPY or story.verb == "import"
    if not copies and before.inodes - now.inodes:
        wrong.append("a file lost its last name")
    allowed = {*before.visible.items(), *known.after.visible.items()}
    if bad := sorted(name for name, held in now.visible.items() if (name, held) not in allowed):
        wrong.append(f"names neither old nor new: {bad}")
    stays = before.visible.keys() & known.after.visible.keys()
    single = "no hard links" in story.name or (fault.kind != "kill" and "copies" in story.name)
    if not single and stays - now.visible.keys():
        wrong.append(f"names that stay are gone: {sorted(stays - now.visible.keys())}")
    held = {*before.visible.values()} & {*known.after.visible.values()}
    if not single and held - {*now.visible.values()}:
        wrong.append("a file that stays is under neither name")
    return wrong


def _honest(known: Reference, now: Sight, fault: Fault, answer: Any) -> list[str]:
    """What a run says must be so."""
    if answer is None:
        return []
    wrong = []
    story = known.story
    if "crash" in answer:
        wrong.append(f"crashed: {answer['crash']}")
    elif "stopped" not in answer:
        if fault.kind == "stop" and answer["reached"]:
            wrong.append("swallowed the end")
        wanted = {Outcome.DONE: 0, Outcome.DIFFERS: 1, Outcome.REFUSED: None}[story.ends]
        code = answer["code"]
        complete = now.visible == known.after.visible
        if code == 0 and (wanted != 0 or not complete):
            wrong.append("says all is well, and it is not")
        if story.verb == "import" and code == 0 and now.source.keys() != known.after.source.keys():
            wrong.append("says all is well, and the staging folder is not")
        if code in {1, 2} and story.verb != "diff" and now.visible != known.before.visible and story.verb != "import":
            wrong.append(f"says nothing was done, and it was: {answer}")
        if code == 3 and not answer["problems"]:
            wrong.append("a problem that is not named")
    if story.reads and now.journals != known.before.journals:
        wrong.append("wrote although it only looks")
    if answer["leaked"] and "stopped" not in answer:
        wrong.append(f"left open: {answer['leaked']}")
    return wrong


def _recover(world: World, known: Reference, before: Sight, *, at_once: bool) -> list[str]:
    """The next run, undisturbed; then looking; then the way back. Or, `at_once`, the way back first."""
    story = known.story
    if story.reads or story.ends is not Outcome.DONE:
        report = story.act(world)
        return [] if report.outcome is story.ends else [f"next run: {_said(report)}"]
    wrong = _way_back(world, known, before) if at_once and story.verb == "sync" else []
    now = sight(world)
    if story.verb != "undo" or now.journals >= before.journals:
        report = story.act(world)
        if report.outcome is not Outcome.DONE:
            wrong.append(f"next run: {_said(report)}")
    now = sight(world)
    if now.visible != known.after.visible:
        wrong.append(f"next run leaves it wrong: {_differences(known.after.visible, now.visible)}")
    if left := [
        str(path.relative_to(world.root))
        for path in world.target.rglob("*")
        if path.suffix == ".tmp" or "probe" in path.name
    ]:
        wrong.append(f"left lying about: {left}")
    if story.verb == "import":
        if now.source.keys() != known.after.source.keys():
            wrong.append(f"staging: {_differences(known.after.source, now.source)}")
        return wrong
    if story.verb == "undo":
        report = world.sync(**story.options)
        if report.outcome is not Outcome.DONE or sight(world).visible != before.visible:
            wrong.append(
                f"running again after undo: {_said(report)} {_differences(before.visible, sight(world).visible)}"
            )
        return wrong
    plan = world.sync("plan", **_looking(story)).plan
    if story.options.get("materializer") is not Materializer.FORCE_COPY and (plan is None or not plan.empty):
        wrong.append(f"the plan is not empty: {plan and [*plan.changes(), *plan.removals()]}")
    if world.sync("diff", **_looking(story)).exit_code != known.diff:
        wrong.append("diff finds something")
    return [*wrong, *_way_back(world, known, before)]


def _way_back(world: World, known: Reference, before: Sight) -> list[str]:
    """Take back whatever was done."""
    wrong = []
    forced = known.story.options.get("materializer") is Materializer.FORCE_COPY
    while (now := sight(world)).journals > before.journals:
        report = world.sync("undo")
        if report.outcome is not Outcome.DONE and not forced:
            wrong.append(f"undo: {_said(report)}")
        if sight(world).journals == now.journals:
            wrong.append("undo does not come to an end")
            break
    if now.visible != before.visible and not forced:
        wrong.append(f"undo leaves it wrong: {_differences(before.visible, now.visible)}")
    if now.source != before.source or before.contents - now.contents:
        wrong.append("undo lost something")
    return wrong


def _looking(story: Story) -> dict[str, Any]:
    return {key: value for key, value in story.options.items() if key not in {"quick", "verify"}}


def _said(report: Report) -> str:
    problems = [tuple(one) for one in report.problems]
    return f"{report.outcome} {report.exit_code} {report.refusal} {report.refusal_data} {problems}"


def _differences(one: Tree, two: Tree) -> dict[str, str]:
    """Names by which two trees differ."""
    found = dict.fromkeys(one.keys() - two.keys(), "gone") | dict.fromkeys(two.keys() - one.keys(), "new")
    return found | {name: "other" for name in one.keys() & two.keys() if one[name] != two[name]}
