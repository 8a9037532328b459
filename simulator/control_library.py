"""The control's part for the library, activities, butler and updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .activities import Activity
from .control_actions import Words, action
from .maintenance import empty, scan
from .model import Item

if TYPE_CHECKING:
    from aiohttp import web

    from .app import Simulator


def row(item: Item) -> Words:
    """Give an item as JSON has it."""
    return {
        "id": item.id,
        "type": item.type,
        "title": item.title,
        "section": item.section.id,
        "year": item.year,
        "added_at": item.added_at,
        "updated_at": item.updated_at,
        "view_count": item.view_count,
        "deleted_at": item.deleted_at,
        "files": [part.file for media in item.media for part in media.parts],
    }


@action("GET", "library/items")
def items(plex: Simulator, request: web.Request, _: Words) -> Any:
    """List items: of a ``section``, of a ``type``, the first ``limit``."""
    query = request.query
    rows = plex.state.library.items.values()
    wanted = [one for one in rows if query.get("section", str(one.section.id)) == str(one.section.id)]
    wanted = [one for one in wanted if query.get("type", one.type) == one.type]
    return [row(item) for item in wanted[: int(query.get("limit", "1000"))]]


@action("POST", "library/items")
def add(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Add a made-up item like an existing one (``like``), with another ``title``; it is told over the websocket."""
    return row(
        copy(plex, words["like"], words["title"], **{k: v for k, v in words.items() if k not in ("like", "title")})
    )


def copy(plex: Simulator, like: int, title: str, **facts: Any) -> Item:
    """Add an item like another one."""
    state = plex.state
    model = state.library.items[like]
    now = state.now()
    item = Item(state.library.next_id(), model.type, title, model.section, now, now, model.source, model.parent)
    item.index, item.year, item.duration = len(model.section.by_type[model.type]), model.year, model.duration
    for name, value in facts.items():
        setattr(item, name, value)
    state.library.add(item)
    state.timeline(item, 0)
    state.timeline(item, 5)
    return item


@action("POST", "library/items/{id}")
def change(plex: Simulator, request: web.Request, words: Words) -> Words:
    """Change fields of an item (``title``, ``view_count``, ...); ``touch`` (default) moves its time of change."""
    state = plex.state
    item = state.library.items[int(request.match_info["id"])]
    touch = words.pop("touch", True)
    for name, value in words.items():
        if name not in Item.__slots__:
            raise KeyError(name)
        setattr(item, name, value)
    if touch:
        state.library.touch(item)
        state.timeline(item, 5)
    else:
        state.library.version += 1
    return row(item)


@action("DELETE", "library/items/{id}")
def remove(plex: Simulator, request: web.Request, _: Words) -> None:
    """Remove an item for good."""
    state = plex.state
    item = state.library.items[int(request.match_info["id"])]
    state.timeline(item, 9)
    state.library.remove(item)


@action("POST", "library/items/{id}/{verb:trash|restore}")
def trash(plex: Simulator, request: web.Request, _: Words) -> Words:
    """Put an item into the trash, or take it out."""
    library = plex.state.library
    item = library.items[int(request.match_info["id"])]
    getattr(library, request.match_info["verb"])(item)
    return row(item)


@action("POST", "library/scan")
def rescan(plex: Simulator, _: web.Request, words: Words) -> None:
    """Scan a ``section`` (all without one), or one ``path`` of it, as the server itself does when files change."""
    sections = plex.state.library.sections
    for section in [sections[int(words["section"])]] if "section" in words else list(sections.values()):
        scan(plex.state, section, words.get("path"))


@action("POST", "library/empty")
def empty_trash(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Empty the trash of a ``section``."""
    return {"removed": empty(plex.state, plex.state.library.sections[int(words["section"])])}


@action("POST", "activities")
def activity(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Play an activity of a ``type`` and ``title`` for some ``seconds``."""
    one = Activity(words.get("type", "media.generate.bif"), words.get("title", "Working"), words.get("subtitle", ""))
    plex.state.activities.run(one, float(words.get("seconds", 1)), lambda _: None)
    return {"uuid": one.uuid}


@action("POST", "butler")
def butler(plex: Simulator, _: web.Request, words: Words) -> Words:
    """Set how many ``seconds`` a task of the butler takes, or run one (``task``)."""
    plex.state.butler.seconds = float(words.get("seconds", plex.state.butler.seconds))
    if "task" in words:
        plex.state.butler.run(words["task"])
    return {"running": list(plex.state.butler.running), "done": plex.state.butler.done}


@action("POST", "updater")
def updater(plex: Simulator, _: web.Request, words: Words) -> None:
    """Let a newer ``version`` appear, or none (null)."""
    if words.get("version"):
        plex.state.updater.offer(words["version"], can_install=bool(words.get("can_install")))
    else:
        plex.state.updater.release = None


@action("POST", "reachability")
def reachability(plex: Simulator, _: web.Request, words: Words) -> None:
    """Tell whether the server can be reached from outside."""
    plex.state.bus.publish("reachability", "ReachabilityNotification", [{"reachability": bool(words.get("reachable"))}])
