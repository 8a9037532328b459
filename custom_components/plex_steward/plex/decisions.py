"""What the server does with a stream on its way to the player.

The presence of a `TranscodeSession` decides nothing: Plex attaches one to remuxes and to some direct plays, leaves it
out during the first seconds of a transcode, and keeps none for old clients. The streams themselves are asked first.
"""

from enum import StrEnum
from typing import Final

from .fields import text
from .models import Row


class Decision(StrEnum):
    """How a part of a stream reaches the player."""

    DIRECT_PLAY = "direct_play"
    """The file as it is."""
    DIRECT_STREAM = "direct_stream"
    """Copied unchanged into another container."""
    TRANSCODE = "transcode"
    """Converted, or burned into the picture."""


_MEANING: Final = {
    "directplay": Decision.DIRECT_PLAY,
    "direct play": Decision.DIRECT_PLAY,
    "copy": Decision.DIRECT_STREAM,
    "directstream": Decision.DIRECT_STREAM,
    "direct stream": Decision.DIRECT_STREAM,
    "transcode": Decision.TRANSCODE,
    "burn": Decision.TRANSCODE,
}


def said(fields: Row | None, name: str = "decision") -> Decision | None:
    """Return the decision an element states, if it states one."""
    return _MEANING.get((text(fields, name) or "").lower()) if fields else None


def of_container(part: Row | None, transcode: Row | None) -> Decision:
    """Tell whether the file is sent in its own container.

    A part that says "transcode" says only that the container changes; video and audio may be copies.
    """
    stated = said(part)
    if stated is not None:
        return Decision.DIRECT_PLAY if stated is Decision.DIRECT_PLAY else Decision.DIRECT_STREAM
    parts = [said(transcode, f"{kind}Decision") for kind in ("video", "audio", "subtitle")]
    changes = any(found not in (None, Decision.DIRECT_PLAY) for found in parts)
    return Decision.DIRECT_STREAM if changes else Decision.DIRECT_PLAY


def of_stream(
    stream: Row | None, transcode: Row | None, kind: str, container: Decision, *, live: bool
) -> Decision | None:
    """Decide for the chosen stream of one kind (`video`, `audio`, `subtitle`); `None` when there is no such stream.

    For live TV the transcoder is believed first: the streams it lists describe neither source nor output.
    """
    from_stream = said(stream)
    from_transcoder = said(transcode, f"{kind}Decision")
    if live and from_transcoder is not None:
        return from_transcoder
    if from_stream is not None:
        return from_stream
    if stream is None and (kind == "subtitle" or from_transcoder is None):
        return None
    if container is Decision.DIRECT_PLAY:
        return Decision.DIRECT_PLAY
    if from_transcoder is not None:
        return from_transcoder
    # A sidecar subtitle is fetched as it is; picture and sound in a changed container are at least copied.
    return Decision.DIRECT_PLAY if kind == "subtitle" else Decision.DIRECT_STREAM


def overall(container: Decision, video: Decision | None, audio: Decision | None) -> Decision:
    """Sum up: subtitles do not count, because burning them in shows as a video transcode already."""
    if Decision.TRANSCODE in (video, audio):
        return Decision.TRANSCODE
    if Decision.DIRECT_STREAM in (container, video, audio):
        return Decision.DIRECT_STREAM
    return Decision.DIRECT_PLAY
