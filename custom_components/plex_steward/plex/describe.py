"""A stream as plain data, for answers of actions and for events."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from .media import Audio, Content, Subtitle, Video
from .roster import Change
from .streams import Stream


def stream_facts(stream: Stream) -> dict[str, Any]:
    """Return everything known of a stream; holds names and addresses, so never for logs or recorded attributes."""
    item, player, work = stream.item, stream.player, stream.transcode
    return {
        "session": stream.key,
        "session_id": stream.id,
        "title": item.full_title,
        "item_title": item.title,
        "kind": item.kind.value,
        "rating_key": item.rating_key,
        "show": item.grandparent_title,
        "parent_title": item.parent_title,
        "season": item.season,
        "episode": item.episode,
        "year": item.year,
        "library": item.library_title,
        "user": stream.user.name,
        "user_id": stream.user.id,
        "player": player.name,
        "product": player.product,
        "device": player.device,
        "platform": player.platform,
        "machine_id": player.machine_id,
        "address": player.address,
        "public_address": player.public_address,
        "local": player.local,
        "relayed": player.relayed,
        "secure": player.secure,
        "state": stream.state.value,
        "since": moment(stream.since),
        "started": moment(stream.started),
        "offset": seconds(stream.offset),
        "duration": seconds(item.duration),
        "progress": stream.progress,
        "decision": stream.decision.value,
        "video_decision": stream.video_decision,
        "audio_decision": stream.audio_decision,
        "subtitle_decision": stream.subtitle_decision,
        "container_decision": stream.container_decision.value,
        "source": content_facts(stream.source),
        "delivered": content_facts(stream.delivered),
        "bandwidth": stream.bandwidth,
        "location": stream.location,
        "hardware": stream.hardware,
        "hardware_decoder": work and work.decoder,
        "hardware_encoder": work and work.encoder,
        "throttled": work and work.throttled,
        "speed": work and work.speed,
        "buffered": work and work.buffered,
    }


def change_facts(change: Change) -> dict[str, Any]:
    """Return what a rule needs to decide about a change."""
    stream = change.stream
    source, delivered = stream.source.video, stream.delivered.video
    return {
        "session": stream.key,
        "title": stream.item.full_title,
        "kind": stream.item.kind.value,
        "user": stream.user.name,
        "user_id": stream.user.id,
        "player": stream.player.name,
        "product": stream.player.product,
        "local": stream.player.local,
        "location": stream.location,
        "decision": stream.decision.value,
        "video_decision": stream.video_decision,
        "audio_decision": stream.audio_decision,
        "subtitle_decision": stream.subtitle_decision,
        "hardware": stream.hardware,
        "source_resolution": source and source.resolution,
        "resolution": delivered and delivered.resolution,
        "bandwidth": stream.bandwidth,
        "streams_of_user": change.streams_of_user,
        "places_of_user": change.places_of_user,
    }


def content_facts(content: Content) -> dict[str, Any]:
    """Return one side of a stream."""
    return {
        "container": content.container,
        "bitrate": content.bitrate,
        "video": _plain(content.video),
        "audio": _plain(content.audio),
        "subtitle": _plain(content.subtitle),
    }


def _plain(value: Video | Audio | Subtitle | None) -> dict[str, Any] | None:
    return None if value is None else {one.name: getattr(value, one.name) for one in fields(value)}


def moment(epoch: float | None) -> str | None:
    """Return epoch seconds as ISO 8601 in UTC."""
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC).isoformat(timespec="seconds")


def seconds(milliseconds: int | None) -> float | None:
    """Return Plex's milliseconds as seconds."""
    return None if milliseconds is None else round(milliseconds / 1000, 1)
