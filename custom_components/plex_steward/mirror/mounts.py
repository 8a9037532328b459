"""Which file system a path lies on, as Linux tells it; everywhere else: unknown.

Source of the format: proc(5), `/proc/self/mountinfo`.
"""

from __future__ import annotations

import os
from typing import NamedTuple

TABLE = "/proc/self/mountinfo"

STAMPED = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "tmpfs", "jfs", "reiserfs"})
"""File systems of this machine alone, whose folders' times change with every entry made or removed."""

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "virtiofs", "vboxsf"})


class Mount(NamedTuple):
    """One line of the mount table."""

    number: int
    """Id of the mount; two paths link only when theirs are equal."""
    point: str
    fstype: str
    source: str
    """Device, dataset or share."""
    root: str
    """Folder of that file system that is shown here; not `/` for a bind mount."""
    read_only: bool


def mounts(table: str = TABLE) -> tuple[Mount, ...]:
    """Read the mount table; empty where there is none."""
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as file:
            return tuple(_parse(line) for line in file if " - " in line)
    except OSError:
        return ()


def mount_of(path: str, table: tuple[Mount, ...]) -> Mount | None:
    """Find the mount that holds `path`: the longest point, the last one mounted there."""
    real = os.path.realpath(path)
    found: Mount | None = None
    for mount in table:
        inside = mount.point in {"/", real} or real.startswith(mount.point + "/")
        if inside and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def _parse(line: str) -> Mount:
    head, tail = line.rstrip("\n").split(" - ", 1)
    left, right = head.split(" "), tail.split(" ")
    read_only = "ro" in left[5].split(",") or "ro" in right[2].split(",")
    return Mount(int(left[0]), _plain(left[4]), right[0], _plain(right[1]), _plain(left[3]), read_only)


def _plain(text: str) -> str:
    """Undo the table's octal escapes of blank, tab, newline and backslash."""
    for code, char in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(code, char)
    return text
