"""Files that belong to a video: subtitles, artwork, descriptions."""

from __future__ import annotations

from collections.abc import Mapping

_BOUNDARY = frozenset(".-_ ")


def follow(name: str, stems: Mapping[str, str]) -> str | None:
    """Give a file the new name of the longest stem it begins with; None if there is none.

    What stands behind the stem, such as `.en.forced.srt` or `-fanart.jpg`, is
    the same for both servers and stays.
    """
    for end in range(len(name) - 1, 0, -1):
        if name[end] in _BOUNDARY and (new := stems.get(name[:end])) is not None:
            return new + name[end:]
    return None
