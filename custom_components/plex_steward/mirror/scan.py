"""Read a tree: one listing per directory, no `stat` per file."""

from __future__ import annotations

from collections.abc import Collection

from .model import Cancel, Layout, Tree


def scan(
    root: str,
    layout: Layout = Layout.AUTO,
    *,
    details: bool = False,
    stamps: bool = False,
    only: Collection[str] | None = None,
    cancel: Cancel | None = None,
    missing_ok: bool = False,
) -> Tree:
    """List the tree below `root`.

    `details` adds size and mtime of every file, `stamps` the mtime of every
    directory. `only` limits it to these top-level folders. `missing_ok` is for a
    target that is yet to be made. Raises ScanError for the root, Cancelled.
    """
    raise NotImplementedError
