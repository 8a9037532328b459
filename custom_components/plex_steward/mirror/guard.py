"""Allow a plan or refuse it. Reasons are words for programs, with data; nothing is touched here.

The rules come from libraries that were lost: an unmounted source looks empty,
an unmounted target looks like a folder to fill, and a mirror inside its own
source feeds on itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import os
from typing import NamedTuple

from .errors import MirrorError
from .model import Materializer, Plan

FLOOR = 10
"""A share of a small library is a handful of files; so many may always go."""

APPROVABLE = frozenset(
    {
        "source_empty",
        "source_changed",
        "target_changed",
        "anchor_missing",
        "too_many_removals",
    }
)
"""Reasons a person may overrule for one plan. The others are about what cannot work."""


WRITTEN_IDS = frozenset({"ext2", "ext3", "ext4", "btrfs", "zfs", "f2fs", "bcachefs"})
"""File systems whose id (statfs(2), f_fsid) comes from their UUID; that of XFS is its device number."""


class Refusal(MirrorError):
    """The guard says no. `data` has the facts behind the code, `digest` names the plan that was refused."""

    def __init__(
        self, code: str, data: Mapping[str, str | int | float] | None = None, digest: str | None = None
    ) -> None:
        """Keep the facts."""
        super().__init__(code, str((data or {}).get("path", "")))
        self.data = dict(data or {})
        self.digest = digest


class Identity(NamedTuple):
    """What tells a folder from another one mounted in its place."""

    device: int
    inode: int
    fsid: int
    """Of the file system, 0 if it has none."""
    mount: str
    """`fstype source`, empty when unknown."""

    def same(self, other: Identity) -> bool:
        """Tell whether both are one folder.

        Where a file system's id is made from what is written on its disk, it decides:
        device numbers are given out anew with every restart, and to another disk as
        well. Elsewhere the device or the mount's source must be the same.
        """
        if self.inode != other.inode:
            return False
        if self.fsid and other.fsid and self.kind == other.kind and self.kind in WRITTEN_IDS:
            return self.fsid == other.fsid
        return self.device == other.device or self.mount == other.mount != ""

    @property
    def kind(self) -> str:
        """Type of the file system."""
        return self.mount.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the disks say before a run."""

    source: Identity | None
    """None when it is missing."""
    target: Identity | None
    relation: str = ""
    """`same_folder`, `target_in_source` or `source_in_target`."""
    anchored: bool = True
    """Whether the anchor is there, or none was asked for."""
    last_source: Identity | None = None
    """Of the last run that ended well."""
    last_target: Identity | None = None
    link_errno: int = 0
    """Why a file of the source cannot be brought into the target; 0 when it can or when nothing is to be brought."""
    create: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go."""

    max_removals: str = "50%"
    approve: str | None = None


def allowed_removals(limit: str, files: int) -> int:
    """Turn `25` or `50%` into a count for a target of so many files. Raises ValueError."""
    text = limit.strip()
    if text.endswith("%"):
        share = float(text[:-1])
        if not 0 <= share <= 100:
            raise ValueError(limit)
        return max(FLOOR, int(files * share / 100))
    count = int(text)
    if count < 0:
        raise ValueError(limit)
    return count


def removed_files(plan: Plan) -> int:
    """Count the files the removals of a plan would take out of the target."""
    if not plan.options.delete:
        return 0
    return sum(max(stray.files - stray.renamed, 0) for stray in plan.all_strays() if not stray.kept)


def digest(plan: Plan) -> str:
    """Name a plan by what it would do; another tree, option or line gives another name."""
    from hashlib import sha256  # noqa: PLC0415 - only for a refusal

    text = sha256()
    text.update(repr((plan.source_root, plan.target_root, plan.source_layout, plan.target_layout)).encode())
    text.update(repr((plan.options.materializer, plan.options.delete, plan.source_files)).encode())
    for action in (*plan.changes(), *plan.removals()):
        text.update(repr((action.verb.value, action.target, action.source, action.inode, action.origin)).encode())
    return text.hexdigest()[:16]


def check_roots(facts: Facts) -> None:
    """Refuse what can be seen before anything is read. Raises Refusal."""
    if facts.source is None:
        raise Refusal("source_missing")
    if facts.relation:
        raise Refusal(facts.relation)
    if facts.target is None and not facts.create:
        raise Refusal("target_missing")


def check(plan: Plan, facts: Facts, limits: Limits) -> None:
    """Refuse a plan that could do harm. Raises Refusal with the plan's digest where it may be approved."""
    check_roots(facts)
    reason, data = _doubt(plan, facts, limits)
    if reason:
        name = digest(plan)
        if limits.approve != name:
            raise Refusal(reason, data, name)
    if facts.link_errno:
        code = "cross_device" if plan.options.materializer is not Materializer.REFLINK else "reflink_unsupported"
        raise Refusal(code, {"errno": facts.link_errno, "detail": os.strerror(facts.link_errno)})


def doubtful(facts: Facts) -> bool:
    """Whether a person must be asked whatever the plan is."""
    return bool(_doubt_roots(facts)[0])


def _doubt_roots(facts: Facts) -> tuple[str, dict[str, str | int | float]]:
    """First reason to ask that lies in the folders themselves."""
    if not facts.anchored:
        return "anchor_missing", {}
    if facts.last_source and facts.source and not facts.source.same(facts.last_source):
        return "source_changed", {"before": facts.last_source.mount, "now": facts.source.mount}
    if facts.last_target and facts.target and not facts.target.same(facts.last_target):
        return "target_changed", {"before": facts.last_target.mount, "now": facts.target.mount}
    return "", {}


def _doubt(plan: Plan, facts: Facts, limits: Limits) -> tuple[str, dict[str, str | int | float]]:
    """First reason to ask a person, if there is one."""
    found = _doubt_roots(facts)
    if found[0]:
        return found
    if not (plan.titles and plan.source_files) and "" not in plan.marked and not plan.options.only:
        return "source_empty", {}
    count, limit = removed_files(plan), allowed_removals(limits.max_removals, plan.target_files)
    if count > limit:
        return "too_many_removals", {"removals": count, "limit": limit, "files": plan.target_files}
    return "", {}
