"""Names that are not the library's: what machines keep for themselves, and the mark to leave a folder alone."""

from __future__ import annotations

SYSTEM = "system folder"
"""Why such a folder is not looked into."""

SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "lost+found",
        "#recycle",
        "#snapshot",
        "@recycle",
        "@recently-snapshot",
        "$recycle.bin",
        "system volume information",
        "recycler",
        "__macosx",
        ".trash",
    }
)
"""Lower case. What a server, a NAS or the file system keeps for itself: neither mirrored nor removed."""

MARKER = ".jellyplex-sync-ignore"
"""The peer's ignore marker: a folder that holds it is left alone on both sides."""
