"""Every call of the mirror to the file system passes through here, and one of them can go wrong.

The functions of `os` and `fcntl` that the mirror uses, what `os.scandir` and `open` give, are replaced in a child
process that is made for one run. A fault strikes at the n-th call, and lasts from there on if it is of that sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
import errno
import fcntl
import os
import signal
import sys
from typing import Any, NamedTuple, Self

from custom_components.plex_steward import mirror

READS = ("stat", "lstat", "fstat", "statvfs", "fstatvfs", "scandir", "listdir", "readlink", "read", "pread")
WRITES = (
    "link", "rename", "replace", "mkdir", "rmdir", "unlink", "remove", "write", "pwrite", "fsync", "ftruncate",
    "fchmod", "utime", "copy_file_range", "sendfile",
)  # fmt: skip
MOVING = frozenset({"write", "pwrite", "read", "copy_file_range", "sendfile"})
"""Calls that may do less than they were asked for."""

_NOTHING: dict[str, Any] = {}
NEW = os.O_CREAT | os.O_WRONLY | os.O_RDWR


class Call(NamedTuple):
    """One call of a run that nobody disturbed."""

    number: int
    name: str
    writes: bool
    place: str
    """`source`, `target`, `own` (our folder in the target) or empty."""


class Fault(NamedTuple):
    """What goes wrong, and where."""

    kind: str
    """`kill`, `torn` (half of it, then a kill), `stop` (an exception nobody may swallow), `error`, `lasting` (from then
    on), `short` (half of it, then a full disk)."""
    number: int = 0
    """At which call; never, if 0."""
    code: int = 0
    after: bool = False
    """The call takes effect all the same."""

    def __str__(self) -> str:
        """Say it in a few words, as one row of the table."""
        words = {"kill": "SIGKILL", "stop": "stopped", "torn": "SIGKILL half-way", "short": "half of it, then full"}
        text = words.get(self.kind) or errno.errorcode[self.code] + (" from then on" if self.kind == "lasting" else "")
        return text + (" after the call" if self.after else "")


class Stopped(BaseException):
    """The run ends here; whoever swallows this would swallow Ctrl-C."""


class Calls:
    """Counts calls, and makes one of them go wrong."""

    def __init__(self, roots: dict[str, str], fault: Fault | None = None) -> None:
        self.roots, self.fault = roots, fault or Fault("none")
        self.log: list[Call] | None = None if fault else []
        self.number = 0
        self.full = False
        self.side = ""
        self.real = {name: getattr(os, name) for name in (*READS, *WRITES, "open", "close")}
        self.written: set[int] = set()
        """Descriptors open for writing: closing one of them can fail."""

    def install(self) -> None:
        """Stand between the mirror and the system, for the rest of this process."""
        for name in (*READS, *WRITES):
            setattr(os, name, self._counted(name, self.real[name]))
        for name, call in (("scandir", self._scandir(os.scandir)), ("open", self._open), ("close", self._close)):
            setattr(os, name, call)
        for name in ("flock", "ioctl"):
            setattr(fcntl, name, self._counted(name, getattr(fcntl, name)))
        for name, module in list(sys.modules.items()):
            if name.startswith(mirror.__name__):
                vars(module)["open"] = self._file

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            return self.do(name, name in WRITES, real, arguments, more)

        return call

    def do(self, name: str, writes: bool, real: Callable[..., Any], arguments: Any, more: Any = _NOTHING) -> Any:
        """Make a call, or let it go wrong."""
        self.number += 1
        fault = self.fault
        if self.log is not None:
            self.log.append(Call(self.number, name, writes, self._place(arguments, more)))
        if not fault.number or self.number < fault.number:
            return real(*arguments, **more)
        if self.number > fault.number:
            lasts = fault.kind == "lasting" or (fault.kind == "short" and self.full)
            if lasts and self._struck(name, writes, arguments, more):
                self._raise(fault.code, arguments)
            return real(*arguments, **more)
        self.side = _side(self._place(arguments, more))
        answer = None
        if fault.kind in {"short", "torn"}:
            answer = self._half(name, real, arguments)
            self.full = True
        elif fault.after or name == "close":  # the kernel closes whatever it answers
            with suppress(OSError):
                answer = real(*arguments, **more)
            if name in {"create", "open"} and isinstance(answer, int) and fault.kind == "error":
                self.real["close"](answer)
        if fault.kind in {"kill", "torn"}:
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.kind == "stop":
            raise Stopped
        if fault.kind != "short":
            self._raise(fault.code, arguments)
        return answer

    def _half(self, name: str, real: Callable[..., Any], arguments: Any) -> Any:
        if name in {"write", "pwrite"}:
            descriptor, data, *rest = arguments
            return real(descriptor, bytes(data)[: max(1, len(data) // 2)], *rest)
        return real(*arguments[:-1], 7)

    def _struck(self, name: str, writes: bool, arguments: Any, more: Any) -> bool:
        """Whether a fault that lasts hits this call too."""
        code = self.fault.code
        if name == "close":
            return False
        if code in {errno.ENOSPC, errno.EDQUOT}:
            return name in {"mkdir", "link", "write", "pwrite", "copy_file_range", "sendfile", "create", "ioctl"}
        if code == errno.EROFS:
            return writes
        if code in {errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP}:
            return name == "link"
        if code == errno.EXDEV:
            return name in {"link", "rename"} and self._crosses(arguments, more)
        return _side(self._place(arguments, more)) == self.side

    def _raise(self, code: int, arguments: Any) -> None:
        path = arguments[0] if arguments and isinstance(arguments[0], (str, bytes)) else None
        raise OSError(code, os.strerror(code), path)

    def _paths(self, arguments: Any, more: Any) -> list[str]:
        """Absolute paths a call is about."""
        found = []
        folders = (more.get("dir_fd", more.get("src_dir_fd")), more.get("dst_dir_fd"))
        for argument, folder in zip(arguments[:2], folders, strict=False):
            if isinstance(argument, int):
                found.append(self._path_of(argument))
            elif isinstance(argument, str):
                found.append(f"{self._path_of(folder)}/{argument}" if folder is not None else argument)
        return found

    def _path_of(self, descriptor: int) -> str:
        try:
            return str(self.real["readlink"](f"/proc/self/fd/{descriptor}"))
        except OSError:
            return ""

    def _place(self, arguments: Any, more: Any) -> str:
        """Where a call is at work: for two paths, the second."""
        places = [self._root_of(path) for path in self._paths(arguments, more)]
        return max(places, default="")  # target after source after own

    def _root_of(self, path: str) -> str:
        for name, root in self.roots.items():
            if path == root or path.startswith(root + "/"):
                return name
        return ""

    def _crosses(self, arguments: Any, more: Any) -> bool:
        return len({self._root_of(path) for path in self._paths(arguments, more)}) > 1

    def _open(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        writes = bool(flags & NEW)
        name = "create" if flags & os.O_CREAT else "open"
        descriptor = int(self.do(name, writes, self.real["open"], (path, flags, mode), more))
        if writes:
            self.written.add(descriptor)
        return descriptor

    def _close(self, descriptor: int) -> None:
        if descriptor in self.written:
            self.written.discard(descriptor)
            self.do("close", True, self.real["close"], (descriptor,))
        else:
            self.real["close"](descriptor)

    def _scandir(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any = ".") -> _Listing:
            return _Listing(self, self.do("scandir", False, real, (path,)), path)

        return call

    def _file(self, path: str, mode: str = "r", **more: Any) -> _File:
        writes = mode[0] != "r"
        file = self.do("create" if writes else "open", writes, open, (path, mode), more)
        return _File(self, file, path, writes=writes)


def _side(place: str) -> str:
    return "target" if place == "own" else place


class _Listing:
    """What `os.scandir` gives: reading it can fail at once, after an entry, and at its end."""

    def __init__(self, calls: Calls, entries: Any, path: Any) -> None:
        self.calls, self.entries, self.path = calls, entries, path
        self.close = entries.close
        self.given = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.given < 2:
            self._read()
        try:
            entry = next(self.entries)
        except StopIteration:
            self._read()
            raise
        self.given += 1
        return entry

    def _read(self) -> None:
        self.calls.do("readdir", False, lambda _: None, (self.path,))


class _File:
    """What `open` gives; each write reaches the system at once."""

    def __init__(self, calls: Calls, file: Any, path: str, *, writes: bool) -> None:
        self.calls, self.file, self.path, self.writes = calls, file, path, writes
        self.fileno, self.seek, self.tell, self.flush = file.fileno, file.seek, file.tell, file.flush

    def _done(self, what: Callable[..., Any], *arguments: Any) -> Any:
        return self.calls.do("fread", False, lambda _: what(*arguments), (self.path,))

    def read(self, *size: int) -> Any:
        return self._done(self.file.read, *size)

    def readline(self) -> Any:
        return self.file.readline()

    def write(self, data: Any) -> int:
        def through(_: Any, part: Any) -> int:
            self.file.write(part)
            self.file.flush()
            return len(part)

        done = int(self.calls.do("write", True, through, (self.path, data)))
        return done if done == len(data) else self.write(data[done:])  # as the library does

    def close(self) -> None:
        if self.writes and not self.file.closed:
            self.calls.do("close", True, lambda _: self.file.close(), (self.path,))
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        self._done(lambda: None)
        return iter(self.file)
