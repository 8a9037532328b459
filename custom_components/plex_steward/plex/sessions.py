"""Reading the session list.

Any field may be missing, or be text in one server version and a number in the next.
"""

from collections.abc import Iterable, Mapping

from .decisions import Decision, of_container, of_stream, overall
from .fields import child, flag, integer, number, positive, text
from .media import ABSURD_RATE, Chosen
from .models import Row
from .sides import delivered_content, source_content
from .streams import Item, Kind, Location, Player, State, Stream, Transcode, User


def streams_of(rows: Iterable[Row], sources: Mapping[str, Row] | None = None) -> tuple[Stream, ...]:
    """Read the rows of the session list.

    `sources` are full items by rating key: while a file is converted, only they know what it was.
    Prerolls and theme music are no streams and left out, as are rows that cannot be told apart.
    """
    known = sources or {}
    found = (parse(row, known.get(text(row, "ratingKey") or "")) for row in rows if is_stream(row))
    return tuple(stream for stream in found if stream is not None)


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
    said = integer(row, "viewOffset")
    offset = said if said is not None and said >= 0 else None
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
        offset=offset,
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
    progress, speed = number(row, "progress"), number(row, "speed")
    return Transcode(
        key=(text(row, "key") or "").rpartition("/")[2],
        protocol=text(row, "protocol"),
        speed=speed if speed is not None and speed >= 0 else None,
        throttled=flag(row, "throttled") is True,
        complete=flag(row, "complete") is True,
        progress=progress if progress is not None and 0 <= progress <= 100 else None,
        buffered=_ahead(number(row, "maxOffsetAvailable"), offset),
        hardware_requested=flag(row, "transcodeHwRequested") is True,
        decoder=text(row, "transcodeHwDecoding"),
        encoder=text(row, "transcodeHwEncoding"),
        decoder_name=text(row, "transcodeHwDecodingTitle"),
        encoder_name=text(row, "transcodeHwEncodingTitle"),
        full_pipeline=flag(row, "transcodeHwFullPipeline") is True,
    )


def _ahead(end: float | None, offset: int | None) -> float | None:
    """Return the seconds between the player's position (ms) and the end of what is converted (s)."""
    if end is None or offset is None or end < offset / 1000:
        return None
    return round(end - offset / 1000, 1)
