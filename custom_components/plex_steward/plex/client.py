"""What we ask one server all the time, over aiohttp. Rare and broad things are in `control`."""

from collections.abc import AsyncGenerator, Iterable
from typing import Final

from . import answers, errors, wire
from .connection import Connection
from .fields import children, integer, text
from .models import (
    Activity,
    ButlerTask,
    Identity,
    Library,
    Load,
    Row,
    ServerInfo,
    Setting,
    UpdateStatus,
)
from .transport import Params, read_identity

MAX_ARTWORK: Final = 4 * 2**20
"""Bytes of a picture at most."""


class PlexClient:
    """One server. Every call raises a `PlexError`; 401 always means the token, 403 that it is not the owner's."""

    def __init__(self, connection: Connection) -> None:
        """Speak through a connection, which knows addresses and token."""
        self.connection = connection

    async def identity(self) -> Identity:
        """Who the server is, from the address in use."""
        path = "/identity"
        found = read_identity(await self.connection.get_json(path))
        if found is None:
            raise errors.InvalidAnswer(status=200, path=path, reason="format")
        return found

    async def info(self) -> ServerInfo:
        """Name, version, platform, Plex Pass, remote access. 401 here means that the token is refused."""
        return answers.server_info(await self.connection.get("/"))

    async def is_owner(self) -> bool:
        """Tell whether the token is the owner's: others may not read preferences."""
        try:
            await self._get("/:/prefs/get", params={"id": "FriendlyName"})
        except errors.Forbidden:
            return False
        except errors.NotFound:  # an old server that cannot give a single one, but would have given it
            pass
        return True

    async def libraries(self) -> tuple[Library, ...]:
        """Libraries the token may see, in the server's order."""
        return answers.libraries(children(await self._get("/library/sections"), "Directory"))

    async def count(self, library_key: str, kind: int, *, extra: Params | None = None) -> int:
        """Count items of a type code (movie 1, show 2, season 3, episode 4, artist 8, album 9, track 10).

        `extra` narrows it: `{"unwatched": 1}`, or `{"trash": 1}` for what emptying the trash would remove.
        """
        path = f"/library/sections/{library_key}/all"
        root = await self._get(path, params={"type": kind, **(extra or {})}, page=(0, 0), long=True)
        total = integer(root, "totalSize", "size")
        if total is None:
            raise errors.InvalidAnswer(status=200, path=path, reason="format")
        return total

    async def items(
        self, library_key: str, kind: int, *, start: int = 0, size: int = 100, extra: Params | None = None
    ) -> list[Row]:
        """List some items of a type code, as sent and without their streams; `extra` as in `count`."""
        path = f"/library/sections/{library_key}/all"
        root = await self._get(path, params={"type": kind, **(extra or {})}, page=(start, size), long=True)
        return children(root, "Metadata")

    async def sessions(self) -> list[Row]:
        """What plays now, as sent. Owner only (403)."""
        return children(await self._get("/status/sessions"), "Metadata")

    async def metadata(self, keys: Iterable[str], *, check_files: bool = False) -> dict[str, Row]:
        """Full items with their streams, by ratingKey; unknown ones are missing. At most some 100 keys in one call.

        `check_files` lets the server look at each file and say of each Part whether it is `accessible`.
        """
        wanted = tuple(dict.fromkeys(keys))
        if not wanted:
            return {}
        try:
            params = {"checkFiles": 1} if check_files else None
            root = await self._get(f"/library/metadata/{','.join(wanted)}", params=params, long=True)
        except errors.NotFound:
            return {}
        return {key: row for row in children(root, "Metadata") if (key := text(row, "ratingKey"))}

    async def terminate(self, session_id: str, reason: str = "") -> None:
        """End a stream by its `Session.id`; the viewer is shown the reason.

        Raises `NotFound` when it has ended already, `PlexPassRequired` when the server cannot do it. The server says
        401 to that as well as to a bad token: another call tells which.
        """
        params = {"sessionId": session_id, "reason": reason}
        try:
            await self.connection.request("GET", "/status/sessions/terminate", params=params)
        except errors.Unauthorized as err:
            await self._check_token()
            raise errors.PlexPassRequired(status=err.status, path=err.path) from None

    async def settings(self) -> dict[str, Setting]:
        """Every preference by its exact id. Owner only (403)."""
        root = await self._get("/:/prefs", long=True)
        found = (answers.setting(row) for row in children(root, "Setting"))
        return {setting.id: setting for setting in found if setting.id}

    async def activities(self) -> tuple[Activity, ...]:
        """What the server is busy with."""
        rows = children(await self._get("/activities"), "Activity")
        return tuple(answers.activity(row) for row in rows)

    async def cancel_activity(self, uuid: str) -> None:
        """Stop an activity. Raises `NotFound` when it has ended, `Rejected` when it cannot be stopped."""
        await self.connection.request("DELETE", f"/activities/{uuid}")

    async def butler_tasks(self) -> tuple[ButlerTask, ...]:
        """The server's own nightly tasks; the list differs from server to server. Owner only (403)."""
        path = "/butler"
        document = await self.connection.get_json(path)
        # Not a MediaContainer, alone among the server's answers.
        root = document.get("ButlerTasks") if isinstance(document, dict) else None
        if not isinstance(root, dict):
            raise errors.InvalidAnswer(status=200, path=path, reason="format")
        return tuple(answers.butler_task(row) for row in children(root, "ButlerTask"))

    async def update_status(self) -> UpdateStatus:
        """What the server knows of newer versions of itself, without asking anybody. Owner only (403)."""
        return answers.update_status(await self._get("/updater/status"))

    async def load(self) -> Load | None:
        """How busy its machine is; None when the server does not measure it (needs Plex Pass)."""
        try:
            return answers.load(await self._get("/statistics/resources", params={"timespan": 6}))
        except errors.NotFound, errors.Forbidden, errors.Unauthorized:
            return None

    async def artwork(self, path: str, *, width: int = 400, height: int = 600) -> tuple[bytes, str]:
        """A picture and its media type; `path` is a `thumb` or `art` of the server, scaled down there."""
        before, *steps = path.replace("\\", "/").split("/")
        if before or not steps or not all(steps) or ".." in steps:
            raise errors.Rejected(path="/photo/:/transcode", reason="path")  # the server would fetch any address
        answer = await self.connection.request(
            "GET",
            "/photo/:/transcode",
            params={"url": path, "width": width, "height": height, "minSize": 1, "upscale": 0},
            accept="image/*",
            limit=MAX_ARTWORK,
        )
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        if not media_type.startswith("image/"):
            raise errors.InvalidAnswer(status=answer.status, path="/photo/:/transcode", reason="format")
        return answer.body, media_type

    def stream(
        self, path: str, *, params: Params | None = None, page: tuple[int, int] | None = None
    ) -> AsyncGenerator[bytes]:
        """Yield a listing's XML in chunks, for the inventory (see `Connection.stream`)."""
        return self.connection.stream(path, params=params, page=page)

    async def _get(
        self, path: str, *, params: Params | None = None, page: tuple[int, int] | None = None, long: bool = False
    ) -> Row:
        """Give the MediaContainer of an answer; `long` gives it the time of a heavy call."""
        timeout = self.connection.access.timeout if long else wire.POLL
        try:
            return await self.connection.get(path, params=params, page=page, timeout=timeout)
        except errors.Unauthorized as err:
            # Servers before 1.41.7 say 401 to a guest who asks for what is the owner's.
            await self._check_token()
            raise errors.Forbidden(status=err.status, path=err.path) from None

    async def _check_token(self) -> None:
        """Raise `Unauthorized` if the token is refused altogether: every good one may read this."""
        await self.connection.get("/")
