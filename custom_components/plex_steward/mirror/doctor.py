"""Find out whether hard links work between two folders and, if not, why.

Looks at the mounts and then really links one file. Speaks in codes with data;
the shell puts them into words (`remedies`), Home Assistant into translations.
"""

from __future__ import annotations

from contextlib import suppress
import errno
import os
import stat
from typing import NamedTuple

from .errors import ScanError
from .facts import identify, relation, try_file
from .model import Materializer
from .mounts import NETWORK, Mount, mount_of, mounts

NO_LINKS = frozenset({"exfat", "vfat", "msdos", "fat", "iso9660", "udf"})
"""File systems without hard links."""

_CONTAINER = ("/.dockerenv", "/run/.containerenv")


class Finding(NamedTuple):
    """One thing the doctor noticed."""

    code: str
    """A key of `remedies.REMEDIES`."""
    severity: str
    """`error` (files cannot be brought over), `warning` or `info`."""
    data: tuple[tuple[str, str], ...] = ()
    """Facts for the words: `source`, `target`, `path`, `detail`."""


class Diagnosis(NamedTuple):
    """What came of an examination."""

    works: bool | None
    """Whether a file was really brought over; None if there was none to try."""
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing stands in the way."""
        return self.works is not False and not any(one.severity == "error" for one in self.findings)


def examine(
    source: str,
    target: str,
    materializer: Materializer = Materializer.HARDLINK,
    *,
    table: tuple[Mount, ...] | None = None,
) -> Diagnosis:
    """Examine a pair of folders. Writes one file into the target and takes it away again; raises nothing."""
    known = mounts() if table is None else table
    if unfit := _roots(source, target, known):
        return Diagnosis(False, unfit)
    place = _existing(target)
    one, two = mount_of(source, known), mount_of(place, known)
    findings = list(_file_systems(one, two))
    path = _some_file(source)
    if path is None:
        findings.append(Finding("no_file_to_try", "info"))
        number = 0
    else:
        number = try_file(source, path, place, materializer)
    if number:
        findings.insert(0, _cause(number, source, path or "", place, one, two, materializer))
    elif path is not None and not any(one.severity == "error" for one in findings):
        findings.insert(0, Finding("links_work" if materializer is Materializer.HARDLINK else "works", "info"))
    return Diagnosis(None if path is None else not number, tuple(findings))


def _roots(source: str, target: str, table: tuple[Mount, ...]) -> tuple[Finding, ...]:
    """What makes any further look pointless."""
    try:
        if identify(source, table) is None:
            return (Finding("source_missing", "error"),)
        identify(target, table)
        nested = relation(source, target)
    except ScanError as error:
        side = "target" if error.path == target else "source"
        return (Finding(f"{side}_{error.code}", "error", (("detail", os.strerror(error.errno)),)),)
    if nested:
        return (Finding(nested, "error"),)
    place = _existing(target)
    if not os.access(place, os.W_OK | os.X_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        return (Finding("target_read_only" if read_only else "target_not_writable", "error", (("path", place),)),)
    if not os.access(source, os.R_OK | os.X_OK):
        return (Finding("source_unreadable", "error", (("detail", os.strerror(errno.EACCES)),)),)
    return ()


def _existing(path: str) -> str:
    """The folder itself, or the nearest one above it that exists."""
    path = os.path.abspath(path)
    while not os.path.isdir(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path


def _file_systems(one: Mount | None, two: Mount | None) -> list[Finding]:
    """What the kinds of file system alone are known for."""
    found = []
    for mount in {mount.number: mount for mount in (one, two) if mount is not None}.values():
        data = (("detail", mount.fstype), ("path", mount.point))
        if mount.fstype == "fuse.shfs":
            found.append(Finding("unraid_user_share", "warning", data))
        elif mount.fstype in {"fuse.mergerfs", "mergerfs", "fuse.unionfs"}:
            found.append(Finding("union", "warning", data))
        elif mount.fstype in NETWORK:
            found.append(Finding("network", "warning", data))
        elif mount.fstype in NO_LINKS:
            found.append(Finding("no_hard_links", "warning", data))
    return found


def _some_file(root: str) -> str | None:
    """First regular file of a library, at most two folders down, as path below its root."""
    waiting = [("", 0)]
    while waiting:
        below, depth = waiting.pop(0)
        with suppress(OSError), os.scandir(os.path.join(root, below)) as entries:
            for entry in entries:
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_file(follow_symlinks=False):
                    return name
                if depth < 2 and entry.is_dir(follow_symlinks=False):
                    waiting.append((name, depth + 1))
    return None


def _cause(
    number: int, source: str, path: str, place: str, one: Mount | None, two: Mount | None, materializer: Materializer
) -> Finding:
    """Say why a file could not be brought over."""
    text = os.strerror(number) if number > 0 else ""
    data = (("detail", text), ("source", _where(one)), ("target", _where(two)))
    if number == -1:
        return Finding("silent_copy", "error", data)
    if materializer is Materializer.REFLINK:
        return Finding("reflink_unsupported", "error", data)
    simple = {
        errno.EDQUOT: "quota",
        errno.ENOSPC: "no_space",
        errno.EROFS: "target_read_only",
        errno.EMLINK: "too_many_links",
        errno.EACCES: "target_not_writable",
    }
    if number == errno.EXDEV:
        return Finding(_crossing(source, place, one, two), "error", data)
    if number in {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}:
        if two is not None and two.fstype in NO_LINKS:
            return Finding("no_hard_links", "error", (("detail", two.fstype), ("path", two.point)))
        return Finding("protected_hard_links" if _protected(source, path) else "links_refused", "error", data)
    return Finding(simple.get(number, "links_refused"), "error", data)


def _crossing(source: str, place: str, one: Mount | None, two: Mount | None) -> str:
    """Tell the kinds of border apart that a hard link cannot cross."""
    if one is not None and two is not None:
        if one.fstype == two.fstype == "zfs" and one.source != two.source:
            return "zfs_datasets"
        if one.fstype in {"fuse.mergerfs", "mergerfs"} and one.number == two.number:
            return "union_branches"
        if one.fstype == two.fstype == "fuse.shfs":
            return "unraid_disks"
        if one.fstype == two.fstype == "btrfs" and one.source == two.source:
            return "btrfs_subvolumes"
        with suppress(OSError):
            same = os.stat(source).st_dev == os.stat(place).st_dev and one[2:4] == two[2:4]
            if one.number != two.number and same:
                return "container_mounts" if any(map(os.path.exists, _CONTAINER)) else "bind_mounts"
    return "two_file_systems"


def _protected(source: str, path: str) -> bool:
    """Whether Linux forbids links to files of others (sysctl fs.protected_hardlinks, proc_sys_fs(5))."""
    full = os.path.join(source, path)
    try:
        with open("/proc/sys/fs/protected_hardlinks", encoding="ascii") as file:
            on = file.read().strip() == "1"
        status = os.stat(full)
    except OSError:
        return False
    mine = status.st_uid == os.geteuid() or os.geteuid() == 0
    return on and not mine and (not os.access(full, os.R_OK | os.W_OK) or not stat.S_ISREG(status.st_mode))


def _where(mount: Mount | None) -> str:
    return f"{mount.point} ({mount.fstype} {mount.source})" if mount else ""


def report_in_words(source: str, target: str, materializer: Materializer, *, as_json: bool) -> int:
    """Examine for the shell; exit code 0 healthy, 1 not."""
    from .remedies import words_for  # noqa: PLC0415 - only the shell has words

    diagnosis = examine(source, target, materializer)
    if as_json:
        import json  # noqa: PLC0415 - only when asked for

        print(
            json.dumps(
                {
                    "operation": "doctor",
                    "exit_code": int(not diagnosis.healthy),
                    "works": diagnosis.works,
                    "findings": [
                        {
                            "code": one.code,
                            "severity": one.severity,
                            **dict(one.data),
                            **dict(zip(("cause", "cure"), words_for(one), strict=True)),
                        }
                        for one in diagnosis.findings
                    ],
                },
                indent=2,
            )
        )
    else:
        for one in diagnosis.findings:
            cause, cure = words_for(one)
            print(f"{one.severity.upper()}: {cause}" + (f"\n  {cure}" if cure else ""))
    return int(not diagnosis.healthy)
