"""The two sides of a session: the file, and what the player receives.

While a file is converted, the attributes of its version, part and streams describe the output and only the titles still
speak of the source.
"""

from dataclasses import replace
from typing import Final

from . import media
from .decisions import Decision
from .fields import children, chosen, positive, text
from .media import Audio, Chosen, Content, Video
from .models import Row
from .quality import resolution
from .sound import audio_profile, best

_TITLES: Final = ("displayTitle", "extendedDisplayTitle", "title")


def delivered_content(rows: Chosen, work: Row | None, video: Decision | None, audio: Decision | None) -> Content:
    """Describe what the player receives; titles and file name speak of the source and are not asked when converted."""
    converted = video is Decision.TRANSCODE, audio is Decision.TRANSCODE
    blind = replace(
        rows,
        part={**rows.part, "file": None} if converted[0] else rows.part,
        video=_untitled(rows.video) if converted[0] else rows.video,
        audio=_untitled(rows.audio) if converted[1] else rows.audio,
    )
    found = media.content(blind)
    picture, sound = found.video, found.audio
    if work and converted[0]:
        base = picture or Video()
        picture = replace(
            base,
            codec=_real(work, "videoCodec") or base.codec,
            width=base.width or positive(work, "width"),
            height=base.height or positive(work, "height"),
            resolution=base.resolution or resolution(None, positive(work, "width"), positive(work, "height")),
        )
    if work and converted[1]:
        codec = _real(work, "audioCodec")
        base_sound = sound or Audio()
        sound = replace(
            base_sound,
            codec=codec or base_sound.codec,
            profile=audio_profile({"codec": codec}) if codec else base_sound.profile,
            channels=base_sound.channels or positive(work, "audioChannels"),
        )
    return replace(found, container=found.container or _real(work or {}, "container"), video=picture, audio=sound)


def _untitled(stream: Row | None) -> Row | None:
    return {name: value for name, value in stream.items() if name not in _TITLES} if stream else None


def _real(work: Row, name: str) -> str | None:
    """Return a transcoder's field; `*` means "as in the source"."""
    found = text(work, name)
    return None if found == "*" else found


def source_content(
    rows: Chosen,
    work: Row | None,
    delivered: Content,
    decisions: tuple[Decision | None, Decision | None],
    item: Row | None,
) -> Content:
    """Describe the file of a stream that is not played as it is: by its full item, else by hints in the session."""
    if item:
        return media.content(_same_version(rows, item))
    video, audio = decisions
    subtitle = delivered.subtitle and replace(delivered.subtitle, burned=False)
    return Content(
        video=_hinted_video(rows.video or {}, work or {}) if video is Decision.TRANSCODE else delivered.video,
        audio=_hinted_audio(rows.audio or {}, work or {}) if audio is Decision.TRANSCODE else delivered.audio,
        subtitle=subtitle,
    )


def _hinted_video(row: Row, work: Row) -> Video | None:
    hint = media.video_from_title(text(row, "extendedDisplayTitle", "displayTitle")) or Video()
    found = replace(hint, codec=text(work, "sourceVideoCodec") or hint.codec)
    return None if found == Video() else found


def _hinted_audio(row: Row, work: Row) -> Audio | None:
    hint = media.audio_from_title(text(row, "extendedDisplayTitle", "displayTitle")) or Audio()
    codec = text(work, "sourceAudioCodec")
    plain = audio_profile({"codec": codec}) if codec else None
    # The codec is certain, the title knows more of it: "dca" may be DTS-HD MA.
    found = replace(hint, codec=codec, profile=best([plain, hint.profile]), language=media.language(row))
    return None if found == Audio() else found


def _same_version(rows: Chosen, item: Row) -> Chosen:
    """Find in the full item the version, part and streams that are being played."""

    def same(candidates: list[Row], wanted: Row | None) -> Row | None:
        if wanted is None:
            return None
        key = text(wanted, "id")
        return next((row for row in candidates if key and text(row, "id") == key), None)

    versions = children(item, "Media")
    version = same(versions, rows.media) or chosen(versions) or {}
    parts = children(version, "Part")
    part = same(parts, rows.part) or chosen(parts) or {}
    streams = children(part, "Stream")

    def stream(wanted: Row | None, kind: int) -> Row | None:
        return same(streams, wanted) or chosen(media.of_type(streams, kind))

    return Chosen(
        version, part, stream(rows.video, media.VIDEO), stream(rows.audio, media.AUDIO), same(streams, rows.subtitle)
    )
