"""File names: what a name says, and how each layout writes it."""

from __future__ import annotations

from ..model import Layout
from . import jellyfin, plex
from .folder import FolderName, Lost, read_folder, read_ids, write_folder
from .video import Video

__all__ = ["FolderName", "Lost", "Video", "read_folder", "read_ids", "read_video", "write_folder", "write_video"]


def read_video(stem: str, folder_name: str, folder: FolderName, layout: Layout) -> Video:
    """Read the stem of a video that lies in the folder of that name."""
    read = plex.read if layout is Layout.PLEX else jellyfin.read
    return read(stem, folder_name, folder)


def write_video(base: str, video: Video, source: Layout, target: Layout) -> tuple[str, tuple[Lost, ...]]:
    """Write the stem of a video whose target folder is `base`."""
    write = plex.write if target is Layout.PLEX else jellyfin.write
    return write(base, video, source)
