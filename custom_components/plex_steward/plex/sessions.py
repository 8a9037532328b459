"""Reading `/status/sessions`.

Any field may be missing, or be text in one server version and a number in the next.
"""

from collections.abc import Iterable, Mapping

from .decisions import Decision, of_container, of_stream, overall
from .fields import child, children, flag, integer, number, positive, text
from .media import ABSURD_RATE, Chosen
from .models import Row
from .sides import delivered_content, source_content
from .streams import Item, Kind, Location, Player, State, Stream, Transcode, User


def streams_of(container: Row, sources: Mapping[str, Row] | None = None) -> tuple[Stream, ...]:
    """Read the answer of `/status/sessions` in its JSON form.

    `sources` are full items by rating key: while a file is converted, only they know what it was.
    Prerolls and theme music are no streams and left out, as are rows that cannot be told apart.
    """
    known = sources or {}
    found = (parse(row, known.get(text(row, "ratingKey") or "")) for row in rows_of(container) if is_stream(row))
    return tuple(stream for stream in found if stream is not None)


def rows_of(container: Row) -> list[Row]:
    """Return the session rows of an answer; an idle server sends none."""
    inner = container.get("MediaContainer", container)
    if not isinstance(inner, Mapping):
        return []
    return [row for name in ("Metadata", "Video", "Track", "Photo") for row in children(inner, name)]


def is_stream(row: Row) -> bool:
    """Tell whether a row of the session list is a stream: prerolls and theme music are not."""
    guid = text(row, "guid") or ""
    kind = (text(row, "type") or "").lower()
    if kind == "track" and guid.startswith("library://"):  # the tune of a show, played while browsing
        return False
    if kind == "clip" and not flag(row, "live"):
        section = integer(row, "librarySectionID")
        return not (guid.startswith("analyzed.prerolls://") or section is None or section < 0)
    return True


def lookups(streams: Iterable[Stream]) -> frozenset[str]:
    """Return the rating keys whose files are worth asking for: something of them is converted."""
    return frozenset(
        stream.item.rating_key
        for stream in streams
        if stream.decision is not Decision.DIRECT_PLAY
        and stream.item.kind is not Kind.LIVE
        and (stream.item.rating_key or "").isdecimal()
        and stream.item.rating_key
    )


def parse(row: Row, source: Row | None = None) -> Stream | None:
    """Read one row; `None` when it has no session key."""
    key = text(row, "sessionKey")
    if key is None:
        return None
    item = _item(row)
    live = item.kind is Kind.LIVE
    session, player = child(row, "Session") or {}, child(row, "Player") or {}
    rows = Chosen.of(row)
    # Live TV may carry the transcoder inside the version.
    work = child(row, "TranscodeSession") or child(rows.media, "TranscodeSession")
    container = of_container(rows.part, work)
    video, audio, subtitle = (
        of_stream(stream, work, kind, container, live=live)
        for stream, kind in ((rows.video, "video"), (rows.audio, "audio"), (rows.subtitle, "subtitle"))
    )
    if rows.video is None and video is None and text(rows.media, "videoCodec"):
        video = container
    if rows.audio is None and audio is None and text(rows.media, "audioCodec"):
        audio = container
    decision = overall(container, video, audio)
    delivered = delivered_content(rows, work, video, audio)
    offset = integer(row, "viewOffset")
    return Stream(
        key=key,
        id=text(session, "id"),
        item=item,
        user=_user(child(row, "User") or {}),
        player=_player(player, session),
        state=_member(State, text(player, "state")) or State.UNKNOWN,
        decision=decision,
        video_decision=video,
        audio_decision=audio,
        subtitle_decision=subtitle,
        container_decision=container,
        source=delivered
        if decision is Decision.DIRECT_PLAY
        else source_content(rows, work, delivered, (video, audio), source),
        delivered=delivered,
        offset=offset if offset is not None and offset >= 0 else None,
        bandwidth=positive(session, "bandwidth", below=ABSURD_RATE),
        location=_location(session, player),
        transcode=_transcode(work, offset) if work else None,
    )


def _member[E: (State, Kind, Location)](kinds: type[E], word: str | None) -> E | None:
    return next((member for member in kinds if member.value == (word or "").lower()), None)


def _item(row: Row) -> Item:
    kind = Kind.LIVE if flag(row, "live") else _member(Kind, text(row, "type")) or Kind.CLIP
    key = text(row, "ratingKey")
    return Item(
        kind=kind,
        title=text(row, "title") or "",
        rating_key=key or (text(row, "key") or "").rpartition("/")[2] or None,
        parent_title=text(row, "parentTitle"),
        grandparent_title=text(row, "grandparentTitle"),
        season=integer(row, "parentIndex") if kind is not Kind.TRACK else None,
        episode=integer(row, "index") if kind is not Kind.TRACK else None,
        year=positive(row, "year"),
        edition=text(row, "editionTitle"),
        library_key=text(row, "librarySectionID"),
        library_title=text(row, "librarySectionTitle"),
        duration=None if kind is Kind.LIVE else positive(row, "duration"),
        thumb=text(row, "grandparentThumb", "parentThumb", "thumb"),
    )


def _user(row: Row) -> User:
    return User(id=text(row, "id"), name=text(row, "title"))


def _player(row: Row, session: Row) -> Player:
    address = (text(row, "address") or "").removeprefix("::ffff:") or None
    public = text(row, "remotePublicAddress")
    relayed = flag(row, "relayed")
    if relayed is None and public == "127.0.0.1":  # old servers: a relayed player seems to sit on the server itself
        relayed = text(session, "location") != Location.LAN
    return Player(
        title=text(row, "title"),
        product=text(row, "product"),
        device=text(row, "device", "model"),
        platform=text(row, "platform"),
        version=text(row, "version"),
        machine_id=text(row, "machineIdentifier"),
        address=address,
        public_address=public,
        local=flag(row, "local"),
        relayed=relayed,
        secure=flag(row, "secure"),
    )


def _location(session: Row, player: Row) -> Location | None:
    found = _member(Location, text(session, "location"))
    if found is None and (local := flag(player, "local")) is not None:
        found = Location.LAN if local else Location.WAN
    return found


def _transcode(row: Row, offset: int | None) -> Transcode:
    progress, ahead = number(row, "progress"), number(row, "maxOffsetAvailable")
    speed = number(row, "speed")
    return Transcode(
        key=(text(row, "key") or "").rpartition("/")[2],
        protocol=text(row, "protocol"),
        speed=speed if speed is not None and speed >= 0 else None,
        throttled=flag(row, "throttled") is True,
        complete=flag(row, "complete") is True,
        progress=progress if progress is not None and 0 <= progress <= 100 else None,  # noqa: PLR2004 - per cent
        buffered=round(ahead - offset / 1000, 1) if ahead is not None and offset and ahead * 1000 >= offset else None,
        hardware_requested=flag(row, "transcodeHwRequested") is True,
        decoder=text(row, "transcodeHwDecoding"),
        encoder=text(row, "transcodeHwEncoding"),
        decoder_name=text(row, "transcodeHwDecodingTitle"),
        encoder_name=text(row, "transcodeHwEncodingTitle"),
        full_pipeline=flag(row, "transcodeHwFullPipeline") is True,
    )
