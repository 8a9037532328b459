"""Whole trees, drawn at random: source, target and options."""

from collections.abc import Iterable
import json
from typing import Any

from hypothesis import strategies as st

from custom_components.plex_steward.mirror.model import (
    Folder,
    Kind,
    Layout,
    Link,
    Materializer,
    Options,
    Sidecars,
    Tree,
)
from tests.mirror.test_name_properties import FILES, FOLDERS, usable
from tests.mirror.trees import folder

from .target import Target
from .trees import sound

SEASONS = st.sampled_from(
    ["Season 01", "Specials", "S2", "Staffel 3", "extras", "Trailers", "Subs", ".hidden", "@eaDir", "a: b"]
)
EPISODES = st.builds(
    lambda show, number, end: f"{show} - S{number:02d}E{number + 1:02d}{end}",
    FOLDERS.filter(lambda name: len(name) < 60),
    st.integers(0, 120),
    st.sampled_from([".mkv", "-E03.mkv", ".en.srt", " {imdb-tt1}.mkv", ".nfo", ""]),
).filter(usable)
INODES = st.integers(1, 12)
"""Few numbers: files that are links of one another are what is hard."""
LEAVES = st.dictionaries(FILES | EPISODES, INODES, max_size=4)
INNER = st.dictionaries(FOLDERS | SEASONS, LEAVES | st.dictionaries(FOLDERS | SEASONS, LEAVES, max_size=2), max_size=3)


@st.composite
def titles(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the titles of a library; most files begin with their folder's name."""
    found: dict[str, Any] = {}
    for name in draw(st.lists(FOLDERS, max_size=4, unique=True)):
        related = FILES.map(name.__add__).filter(usable)
        found[name] = {**draw(st.dictionaries(FILES | related, INODES, max_size=4)), **draw(INNER)}
    return {**found, **draw(LEAVES)}


LINKS = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["out", "in", "other", "ignored", "unknown"])), max_size=3
)
CASES = st.fixed_dictionaries(
    {
        "source": titles(),
        "target": titles() | st.just({}),
        "marks": LINKS,
        "options": st.fixed_dictionaries(
            {
                "source_layout": st.sampled_from(["plex", "jellyfin"]),
                "target_layout": st.sampled_from(["plex", "jellyfin"]),
                "kind": st.sampled_from([kind.value for kind in Kind]),
                "sidecars": st.sampled_from([value.value for value in Sidecars]),
                "delete": st.booleans(),
                "fold_case": st.booleans(),
            }
        ),
    }
)


def check(text: str) -> None:
    """Try one case, as JSON."""
    case = json.loads(text)
    given = case["options"]
    options = Options(
        source_layout=Layout(given["source_layout"]),
        target_layout=Layout(given["target_layout"]),
        kind=Kind(given["kind"]),
        sidecars=Sidecars(given["sidecars"]),
        materializer=Materializer.HARDLINK,
        delete=given["delete"],
        fold_case=given["fold_case"],
    )
    source = folder("", case["source"])
    for place, mark in case["marks"]:
        source = _marked(source, place, mark)
    target = folder("", case["target"])
    sound(
        Tree("/library", options.source_layout, 1, source), Tree("/mirror", options.target_layout, 1, target), options
    )


def _marked(root: Folder, place: int, mark: str) -> Folder:
    """Put something unusual into the title at a place."""
    names = sorted(root.folders)
    if not names:
        return root
    name = names[place % len(names)]
    inner = root.folders[name]
    match mark:
        case "out":
            inner = inner._replace(links={**inner.links, "out.mkv": Link("/etc/passwd")})
        case "in" if inner.files:
            first = min(inner.files)
            inner = inner._replace(links={**inner.links, "in.mkv": Link(first, f"{name}/{first}", inner.files[first])})
        case "other":
            inner = inner._replace(others=("pipe",))
        case "ignored":
            inner = inner._replace(ignored=True, files={}, folders={})
        case "unknown":
            inner = inner._replace(unknown="EACCES", files={}, folders={})
    return root._replace(folders={**root.folders, name: inner})


def seeds() -> Iterable[str]:
    """One ordinary case."""
    options = {"source_layout": "plex", "target_layout": "jellyfin", "kind": "auto", "sidecars": "follow"}
    film = {"M (2010) {imdb-tt1}": {"M (2010) {imdb-tt1} [1080p].mkv": 1, "poster.jpg": 2}}
    yield json.dumps(
        {
            "source": film,
            "target": {"Stray": {"a.mkv": 3}},
            "marks": [],
            "options": {**options, "delete": True, "fold_case": False},
        }
    )


TARGET = Target("plans", check, seeds)
STRATEGY = CASES
