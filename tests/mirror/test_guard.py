"""The guard alone: facts in, a refusal or nothing out."""

from __future__ import annotations

from dataclasses import replace
import errno
import os
from pathlib import Path

import pytest

from custom_components.plex_steward.mirror import facts as facts_module
from custom_components.plex_steward.mirror.guard import (
    APPROVABLE,
    Facts,
    Identity,
    Limits,
    Refusal,
    allowed_removals,
    check,
    digest,
)
from custom_components.plex_steward.mirror.model import Context, Materializer, Options, Plan, Stray
from custom_components.plex_steward.mirror.state import State

from .disk import write
from .trees import film

HERE, THERE = Identity(1, 10, 100, "ext4 /dev/a"), Identity(1, 20, 100, "ext4 /dev/a")
WELL = Facts(HERE, THERE)
LIMITS = Limits()


@pytest.fixture
def plan() -> Plan:
    return film("M (2010)", "M (2010).mkv")


def refused(plan: Plan, facts: Facts, limits: Limits = LIMITS) -> str:
    with pytest.raises(Refusal) as caught:
        check(plan, facts, limits)
    return caught.value.code


def test_all_well(plan: Plan) -> None:
    check(plan, WELL, Limits())


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(WELL, source=None), "source_missing"),
        (replace(WELL, target=None), "target_missing"),
        (replace(WELL, relation="same_folder"), "same_folder"),
        (replace(WELL, relation="source_in_target"), "source_in_target"),
        (replace(WELL, relation="target_in_source"), "target_in_source"),
        (replace(WELL, anchored=False), "anchor_missing"),
        (replace(WELL, last_source=THERE), "source_changed"),
        (replace(WELL, last_target=HERE), "target_changed"),
        (replace(WELL, link_errno=errno.EXDEV), "cross_device"),
    ],
)
def test_reasons(plan: Plan, facts: Facts, code: str) -> None:
    assert refused(plan, facts) == code


def test_what_cannot_work_cannot_be_approved(plan: Plan) -> None:
    for facts in (replace(WELL, relation="same_folder"), replace(WELL, link_errno=errno.EXDEV)):
        assert refused(plan, facts, Limits(approve=digest(plan))) not in APPROVABLE


def test_approval_is_for_one_plan(plan: Plan) -> None:
    facts = replace(WELL, anchored=False)
    with pytest.raises(Refusal) as caught:
        check(plan, facts, Limits())
    assert caught.value.digest == digest(plan)
    check(plan, facts, Limits(approve=digest(plan)))
    other = film("M (2010)", "M (2010).mkv", "new.srt")
    assert refused(other, facts, Limits(approve=digest(plan))) == "anchor_missing"
    assert digest(plan) != digest(replace(plan, options=replace(plan.options, delete=True)))


def test_removals_count_files_not_entries(plan: Plan) -> None:
    strays = (
        Stray("Old", Context.LIBRARY, "folder", 1, files=12),
        Stray("Kept", Context.TITLE, "file", 2, kept="server_file"),
    )
    busy = replace(plan, strays=strays, options=Options(delete=True), target_files=14)
    with pytest.raises(Refusal) as caught:
        check(busy, WELL, Limits())
    assert caught.value.data == {"removals": 12, "limit": 10, "files": 14}
    check(busy, WELL, Limits("12"))
    moved = replace(busy, strays=(strays[0]._replace(renamed=2),))
    check(moved, WELL, Limits())
    check(replace(busy, options=Options(delete=False)), WELL, Limits("0"))


@pytest.mark.parametrize(
    ("limit", "files", "count"),
    [
        ("50%", 1000, 500),
        ("50%", 4, 10),
        ("0%", 1000, 10),
        ("100%", 7, 10),
        ("25", 1000, 25),
        ("0", 1000, 0),
        (" 5 ", 9, 5),
    ],
)
def test_limits(limit: str, files: int, count: int) -> None:
    assert allowed_removals(limit, files) == count


@pytest.mark.parametrize("limit", ["", "x", "-1", "101%", "-3%", "5 %%", "1.5"])
def test_limits_that_are_none(limit: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        allowed_removals(limit, 10)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (HERE, True),
        (HERE._replace(device=99), True),  # a restart
        (HERE._replace(device=99, mount="ext4 /dev/b"), True),  # the disks were found in another order
        (HERE._replace(fsid=7), False),  # another disk that got the first one's number and name
        (HERE._replace(fsid=7, device=99), False),
        (HERE._replace(inode=11), False),
        (HERE._replace(fsid=0, mount="nfs other:/x", device=99), False),
        (HERE._replace(fsid=0, mount=""), True),
        (HERE._replace(fsid=0, mount="", device=2), False),
    ],
)
def test_identity(now: Identity, same: bool) -> None:
    assert now.same(HERE) is same
    assert HERE.same(now) is same


@pytest.mark.parametrize("kind", ["nfs4 nas:/films", "fuse.shfs shfs", "overlay overlay", "tmpfs tmpfs", "xfs /dev/a"])
def test_identity_where_ids_are_made_up(kind: str) -> None:
    before = HERE._replace(mount=kind)
    assert before._replace(fsid=7, device=99).same(before), "mounted again"
    assert before._replace(fsid=7, mount="nfs other:/x").same(before), "the same device"
    assert not before._replace(fsid=7, device=99, mount="nfs other:/x").same(before)


def test_gathering(tmp_path: Path) -> None:
    source = write(tmp_path / "source")
    state = State(str(tmp_path / "target"))
    found = facts_module.gather(str(source), str(tmp_path / "target"), anchor="no", create=True, state=state)
    assert found.target is None
    assert found.source is not None
    assert found.source.inode == source.stat().st_ino
    assert not found.anchored
    assert found.last_source is None
    (tmp_path / "target").mkdir()
    facts_module.remember(state, str(source), str(tmp_path / "target"), found)
    again = facts_module.gather(str(source), str(tmp_path / "target"), anchor=None, create=False, state=state)
    assert again.last_source == again.source
    assert again.last_target == again.target


@pytest.mark.parametrize("text", ["", "{", "[]", '{"source": 3}', '{"source": [1]}', '{"source": ["a", 1, 2, 3]}'])
def test_a_broken_memory_of_the_roots_is_none(tmp_path: Path, text: str) -> None:
    state = State(str(tmp_path))
    write(tmp_path, {".plex-steward/last-run.json": text})
    found = facts_module.gather(str(tmp_path / "s"), str(tmp_path), anchor=None, create=False, state=state)
    assert found.last_source is None


def test_the_probe_leaves_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "source", ["a/b.mkv"])
    place = tmp_path / "place"
    place.mkdir()
    assert facts_module.try_file(str(source), "a/b.mkv", str(place), Materializer.HARDLINK) == 0
    assert facts_module.try_file(str(source), "a/gone.mkv", str(place), Materializer.HARDLINK) == 0
    assert facts_module.try_file(str(source), "a", str(place), Materializer.HARDLINK) == errno.EPERM
    assert list(place.iterdir()) == []


def test_a_link_that_is_a_copy_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "source", ["a/b.mkv"])

    def copy(path: str, name: str, *, dst_dir_fd: int, **_: object) -> None:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=dst_dir_fd))

    monkeypatch.setattr(os, "link", copy)
    assert facts_module.try_file(str(source), "a/b.mkv", str(tmp_path), Materializer.HARDLINK) == -1
