"""What plays without being in a library: prerolls, trailers, live television, photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import Details, Item, Media, Part, Section, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Attrs

NOWHERE = Section(-2, "movie", "", [], "")
LIVE_HOUR = 7_200_000


class _Own:
    """Items that carry their facts themselves."""

    def media(self, _: Item) -> list[Media]:
        """Give nothing: ``own_media`` comes first."""
        return []

    def details(self, _: Item) -> Details:
        """Give nothing."""
        return Details()


def _video(number: int, name: str, duration: int, resolution: str = "1080") -> Media:
    streams = [
        Stream(1, {"id": number * 10, "streamType": 1, "codec": "h264", "index": 0, "width": 1920, "height": 1080,
                   "displayTitle": "1080p (H.264)", "extendedDisplayTitle": "1080p (H.264)"}),
        Stream(2, {"id": number * 10 + 1, "streamType": 2, "codec": "aac", "index": 1, "channels": 2,
                   "displayTitle": "Unknown (AAC Stereo)", "extendedDisplayTitle": "Unknown (AAC Stereo)"}),
    ]  # fmt: skip
    part = Part(number, name, 4_000_000, "mp4", duration, streams)
    attrs: Attrs = {"duration": duration, "bitrate": 4000, "width": 1920, "height": 1080, "audioChannels": 2}
    attrs |= {"audioCodec": "aac", "videoCodec": "h264", "videoResolution": resolution, "container": "mp4"}
    return Media(number, attrs, [part])


def _item(number: int, kind: str, title: str, extra: Attrs, media: list[Media], duration: int) -> Item:
    item = Item(number, kind, title, NOWHERE, 0, 0, _Own(), duration=duration, extra=extra)
    item.own_media = media
    return item


def preroll(turn: int) -> Item:
    """Make a preroll: a clip named after its file."""
    number = 810_000_000 + turn
    extra: Attrs = {"guid": f"analyzed.prerolls://preroll-{turn}", "subtype": "clip", "librarySectionID": "-2"}
    media = [_video(number, f"/prerolls/preroll-{turn}.mp4", 12_000)]
    return _item(number, "clip", f"preroll-{turn}", extra, media, 12_000)


def trailer(turn: int) -> Item:
    """Make a trailer: a clip that belongs to no library."""
    number = 820_000_000 + turn
    extra: Attrs = {"subtype": "trailer", "guid": f"iva://api.internetvideoarchive.com/2.0/{turn}"}
    return _item(number, "clip", f"Trailer {turn}", extra, [_video(number, "", 120_000)], 120_000)


def live(turn: int) -> Item:
    """Make a programme of live television."""
    number = 830_000_000 + turn
    uuid = f"00000000-0000-4000-8000-{number:012d}"
    extra: Attrs = {
        "live": True,
        "key": f"/livetv/sessions/{uuid}",
        "guid": f"tv.plex.xmltv://episode/{turn}",
        "grandparentTitle": "Evening News",
        "librarySectionID": None,
        "channelTitle": f"Channel {turn}",
    }
    media = _video(number, "", LIVE_HOUR)
    media.attrs |= {"uuid": uuid, "channelCallSign": f"CH{turn}", "origin": "livetv"}
    return _item(number, "episode", f"News at {turn % 12 + 1}", extra, [media], LIVE_HOUR)


def photo(turn: int) -> Item:
    """Make a photo."""
    number = 840_000_000 + turn
    part = Part(number, f"/photos/IMG_{turn:04}.jpg", 3_000_000, "jpeg", 0)
    media = Media(number, {"width": 4000, "height": 3000, "container": "jpeg", "aspectRatio": 1.33}, [part])
    return _item(number, "photo", f"IMG_{turn:04}", {"librarySectionID": "9"}, [media], 0)


MAKERS: dict[str, Callable[[int], Item]] = {"preroll": preroll, "trailer": trailer, "live": live, "photo": photo}
