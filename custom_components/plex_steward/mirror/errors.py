"""What can go wrong before a run has begun. Errors carry data, not prose."""

from __future__ import annotations


class MirrorError(Exception):
    """Base of every error of the mirror.

    `code` is a stable word for programs; `path` and `errno` say where and what
    the system answered, when there is such an answer.
    """

    def __init__(self, code: str, path: str = "", errno: int = 0) -> None:
        """Keep the data; the text is only for logs."""
        super().__init__(code, path, errno)
        self.code = code
        self.path = path
        self.errno = errno

    def __str__(self) -> str:
        """Name the code and, when known, the place."""
        return f"{self.code}: {self.path}" if self.path else self.code


class ScanError(MirrorError):
    """The root of a tree could not be read: `missing`, `not_a_directory`, `unreadable`."""


class LayoutError(MirrorError):
    """The layout of the source is undecided; `flag` is the option that would decide it."""

    def __init__(self, path: str, flag: str, reasons: tuple[str, ...]) -> None:
        """Keep the evidence that was not enough."""
        super().__init__("layout_undecided", path)
        self.flag = flag
        self.reasons = reasons


class Cancelled(MirrorError):
    """Somebody asked to stop; nothing is half done."""

    def __init__(self) -> None:
        """Need no data."""
        super().__init__("cancelled")
