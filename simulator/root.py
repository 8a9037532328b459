"""Who the server is and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from .answers import Node, answer, container
from .keys import STATE
from .sections import section_node
from .tokens import account_of

if TYPE_CHECKING:
    from .model import Attrs

routes = web.RouteTableDef()

DIRECTORIES = ("actions", "activities", "butler", "channels", "clients", "devices", "diagnostics", "hubs", "library",
               "livetv", "media", "metadata", "neighborhood", "playlists", "playQueues", "player", "resources",
               "search", "server", "status", "statistics", "transcode", "updater", "user")  # fmt: skip


@routes.get("/identity")
async def identity(request: web.Request) -> web.Response:
    """Say who answers here; anybody may ask."""
    who = request.app[STATE].identity
    attrs: Attrs = {
        "apiVersion": "1.2.2",
        "claimed": True,
        "machineIdentifier": who.machine_identifier,
        "version": who.version,
    }
    return answer(request, Node("MediaContainer", {"size": 0, **attrs}))


@routes.get("/")
async def root(request: web.Request) -> web.Response:
    """Tell everything about the server."""
    state = request.app[STATE]
    owner = account_of(request, state.accounts).kind == "owner"
    who, plex_pass = state.identity, state.quirks.plex_pass
    features = (
        "adaptive_bitrate,hardware_transcoding,pass,session_kick,tuner-sharing" if plex_pass else "adaptive_bitrate"
    )
    attrs: Attrs = {
        "allowCameraUpload": True,
        "allowChannelAccess": True,
        "allowMediaDeletion": bool(state.prefs["allowMediaDeletion"]) if owner else None,
        "allowSharing": True,
        "allowSync": owner,
        "allowTuners": True,
        "backgroundProcessing": True,
        "certificate": True,
        "companionProxy": True,
        "countryCode": "gbr",
        "diagnostics": "logs,databases,streaminglogs",
        "eventStream": True,
        "friendlyName": str(state.prefs["FriendlyName"]),
        "hubSearch": True,
        "itemClusters": True,
        "livetv": 7,
        "machineIdentifier": who.machine_identifier,
        "mediaProviders": True,
        "multiuser": True,
        "myPlex": True,
        "myPlexMappingState": "mapped",
        "myPlexSigninState": "ok",
        "myPlexSubscription": plex_pass,
        "myPlexUsername": "owner@example.org" if owner else None,
        "offlineTranscode": 1,
        "ownerFeatures": features,
        "photoAutoTag": True,
        "platform": who.platform,
        "platformVersion": who.platform_version,
        "pluginHost": False,
        "pushNotifications": False,
        "readOnlyLibraries": False,
        "streamingBrainABRVersion": 3,
        "streamingBrainVersion": 2,
        "sync": True,
        "transcoderActiveVideoSessions": len(state.sessions.transcodes()),
        "transcoderAudio": True,
        "transcoderLyrics": True,
        "transcoderPhoto": True,
        "transcoderSubtitles": True,
        "transcoderVideo": True,
        "transcoderVideoBitrates": "64,96,208,320,720,1500,2000,3000,4000,8000,10000,12000,20000",
        "transcoderVideoQualities": "0,1,2,3,4,5,6,7,8,9,10,11,12",
        "transcoderVideoResolutions": "128,128,160,240,320,480,768,720,720,1080,1080,1080,1080",
        "updatedAt": who.started,
        "updater": True,
        "version": who.version,
        "voiceSearch": True,
    }
    children = [Node("Directory", {"count": 1, "key": name, "title": name}) for name in DIRECTORIES]
    return answer(request, Node("MediaContainer", {"size": len(children), **attrs}, children))


@routes.get("/media/providers")
async def providers(request: web.Request) -> web.Response:
    """List the libraries as a provider, with their sizes if asked."""
    state = request.app[STATE]
    account = account_of(request, state.accounts)
    rows = []
    for section in state.library.sections.values():
        if not account.sees(section.id):
            continue
        node = section_node(section)
        node.attrs |= {"id": str(section.id), "hubKey": f"/hubs/sections/{section.id}"}
        if request.query.get("includeStorage") == "1":
            items = [item for kind in ("movie", "episode", "track") for item in section.items(kind)]
            node.attrs["storageTotal"] = sum(part.size for i in items for media in i.media for part in media.parts)
            node.attrs["durationTotal"] = sum(item.duration for item in items)
        rows.append(node)
    feature = Node("Feature", {"key": "/library/sections", "type": "content"}, rows)
    attrs: Attrs = {"identifier": "com.plexapp.plugins.library", "title": "Library", "types": "video,audio,photo"}
    return answer(request, container([Node("MediaProvider", attrs, [feature])]))


@routes.get("/accounts")
async def accounts(request: web.Request) -> web.Response:
    """List the accounts the server knows."""
    names = {view.user.id: view.user.name for view in request.app[STATE].sessions.current.values()}
    names = {"1": "owner", **names}
    rows = [
        Node("Account", {"id": int(number), "name": name, "key": f"/accounts/{number}"})
        for number, name in names.items()
    ]
    return answer(request, container(rows, identifier="com.plexapp.system.accounts"))


@routes.get("/devices")
@routes.get("/clients")
async def devices(request: web.Request) -> web.Response:
    """List nothing: nobody asks for it."""
    return answer(request, container())


@routes.get("/resources")
async def resources(request: web.Request) -> web.Response:
    """List nothing; without a token this one is 403."""
    return answer(request, container())


@routes.get("/statistics/resources")
async def load(request: web.Request) -> web.Response:
    """Tell the load of the last minutes."""
    state = request.app[STATE]
    rows = []
    for turn in range(6):
        busy = 3.0 + 12.5 * len(state.sessions.transcodes()) + turn
        attrs: Attrs = {"timespan": 6, "at": state.now() - 5 * (5 - turn), "hostCpuUtilization": round(busy * 1.5, 3)}
        attrs |= {"processCpuUtilization": busy, "hostMemoryUtilization": 41.25, "processMemoryUtilization": 3.5}
        rows.append(Node("StatisticsResources", attrs))
    return answer(request, container(rows))
