"""One run, one fault: make a world, disturb the run in it, look at what is left, and go on as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import shutil
import signal
import stat
import traceback
from typing import Any, NamedTuple

from custom_components.plex_steward.mirror import journal
from custom_components.plex_steward.mirror.model import OWN_FOLDER, Materializer, Outcome, Report
from custom_components.plex_steward.mirror.state import State

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
    held: dict[int, bytes] = {}
    source: Tree = {}
    # Where the target lies in the source by a trick of the story, all that is there is the source's.
    for path, status in _walk(str(world.source)):
        what = _held(world.source, path, status, held)
        source[path] = (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, what)
    visible: Tree = {}
    for path, status in _walk(str(world.target)):
        top, _, rest = path.partition("/")
        if top == OWN_FOLDER and not rest.startswith("trash/"):
            continue
        what = _held(world.target, path, status, held)
        if top != OWN_FOLDER and (what is None or not path.rpartition("/")[2].startswith(".")):
            visible[path] = what
    records = [journal.read(path) for path in journal.runs(State(str(world.target)).journals)]
    journals = sum(bool(record.steps or record.removals) for record in records)
    return Sight(source, visible, frozenset(held.values()), frozenset(held), journals)


def _walk(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below a folder, by relative path; thousands of times over, so not by `pathlib`."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(f"{root}/{folder}") as entries:
                found = [(f"{folder}{entry.name}", entry.stat(follow_symlinks=False)) for entry in entries]
        except FileNotFoundError:
            return
        for path, status in found:
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                waiting.append(f"{path}/")


def _held(root: Path, path: str, status: os.stat_result, held: dict[int, bytes]) -> bytes | None:
    """What a file holds, read once for all its names, or where a link leads; None for a folder."""
    if stat.S_ISLNK(status.st_mode):
        return bytes((root / path).readlink())
    if not stat.S_ISREG(status.st_mode):
        return None
    if status.st_ino not in held:
        held[status.st_ino] = (root / path).read_bytes()
    return held[status.st_ino]


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
        now = sight(world)
        wrong = [*_judge(known, before, now, fault), *_honest(known, now, fault, answer)]
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
