"""What is drawn for the house: calls of actions, filled-in forms, messages and answers."""

import json
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st
import yaml

from . import answers, frames, schedules
from .mutations import ODD, json_text

SERVICES = Path(__file__).parents[2] / "custom_components" / "plex_steward" / "services.yaml"
TEXTS = st.text(max_size=30) | st.sampled_from([one for one in ODD if isinstance(one, str)])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from([10**30, -1, 2**63, 1e308]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
DURATIONS = st.sampled_from(
    [
        {"seconds": 1},
        {"hours": 1e9},
        {"days": 999999999},
        {"days": 400_000},
        "00:00:01",
        "-1:00",
        5,
        10**12,
        {"seconds": float("nan")},
        {"minutes": -1},
        {},
    ]
)
MOMENTS = st.sampled_from(
    ["2026-01-01", "0001-01-01", "9999-12-31 23:59:59", "2026-03-29T02:30:00", "now", "1969-01-01 00:00:00+14:00"]
)
NUMBERS = st.sampled_from([0, 1, 5, 10, 1999, 2100, -1, 2**31, 2**63, 10**30, "7", "1e3", 1.5, "²"]) | st.integers()
SIZES = st.sampled_from(
    ["20 GB", "1.5 TiB", "0", "1e5", "9" * 400, "9" * 30 + " TB", "1,5 mb", "-1 GB", 5, "٣ kb", "1.2.3"]
)
WORDS: dict[str, tuple[Any, ...]] = {
    "config_entry_id": (*["@entry"] * 9, "@mirror", "nobody"),
    "mirror": (*["@mirror"] * 9, "@entry", "nobody"),
    "library": ("@library", "Films", "nowhere", ["@library", "x"]),
    "device": ("@mirror", "nobody"),
    "path": ("@location", "@location/x", "@location/../..", "@root", "/", "\0", "C:\\x", "\ud800"),
    "only": (
        "Alien (1979) {imdb-tt0078748}",
        ["Dune (2021)", "Brazil (1985)"],
        "../x",
        "a\0b",
        "\ud800",
        ".",
        "x" * 300,
        ".plex-steward",
    ),
    "approve": ("5f3c0d7a", ""),
    "steps": ("empty_trash", ["clean_bundles", "optimize_database"], ["empty_trash"] * 3, []),
    "paths": (["/a.mp4"], "/a.mp4", ["a,b"], [], ["a;b"], [" "], ["\0"], ["\ud800"], ["/" + "x" * 9000]),
    "preroll_set": ("automatic", "none", "Christmas", ""),
    "decision": ("transcode", "direct_play"),
    "session": ("1", "2", "99"),
    "user": ("Frau Unbekannt", "1"),
    "exempt_users": (["1"], "Frau Unbekannt", []),
    "text": ("a", "%", "_", "'", '"', "\\", "İ"),
    "genre": ("Horror", ["a|b", ""]),
}
"""What means something to a field; it is drawn as often as what does not."""
BY_SELECTOR: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "duration": DURATIONS,
    "datetime": MOMENTS,
    "number": NUMBERS,
    "text": TEXTS,
}


def _value(name: str, selector: str) -> st.SearchStrategy[Any]:
    usual = BY_SELECTOR.get(selector, TEXTS)
    if name in ("bigger_than", "smaller_than"):
        usual = SIZES
    if name in WORDS:
        usual = st.sampled_from(WORDS[name])
    return st.one_of(*[usual] * 9, JUNK)


def _fields(found: dict[str, Any]) -> dict[str, st.SearchStrategy[Any]]:
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for name, about in found.items():
        if "fields" in about:
            fields |= _fields(about["fields"])
        else:
            ((selector, details),) = about["selector"].items()
            options = (details or {}).get("options")
            fields[name] = st.sampled_from(options) | JUNK if options else _value(name, selector)
    return fields


def actions() -> st.SearchStrategy[Any]:
    """Draw a call of any action."""
    services = yaml.safe_load(SERVICES.read_text(encoding="utf-8"))
    calls = {name: _call(name, _fields((about or {}).get("fields", {}))) for name, about in services.items()}
    return st.one_of([*calls.values(), *[calls["find_media"]] * 4])  # it has the most fields


def _call(name: str, fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    mirror = {"mirror": fields.pop("mirror")} if "mirror" in fields else {}

    @st.composite
    def call(draw: st.DrawFn) -> Any:
        chosen = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)) if fields else []
        data = {key: draw(fields[key]) for key in chosen} | {key: draw(value) for key, value in mirror.items()}
        if draw(st.integers(0, 30)) == 7:
            data[draw(TEXTS)] = draw(JUNK)
        return [name, data, draw(st.integers(0, 9)) != 7, draw(st.integers(0, 2))]

    return call()


SCHEDULES = st.sampled_from(
    [
        "",
        "off",
        "daily",
        "weekly(sunday)",
        "all[hourly(1), monthly(31)]",
        "date(12/31/9998)",
        "all[",
        "x",
        "\0",
        "hourly(22-4); yearly(02/29)",
        "a" * 5000,
    ]
)
PATHS = st.sampled_from(
    [
        "@source",
        "@target",
        "@free",
        "@free",
        "@root",
        "@root/new",
        "@source/x",
        "@target/..",
        "relative",
        "",
        "/",
        "/dev/null",
        "a\0b",
        "/\0",
        "/\ud800",
        "/" + "x" * 5000,
        "/proc/self",
    ]
)
BLOCKS = st.sampled_from([text[1:] for text in schedules.seeds()]) | st.text(max_size=80)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw some of these fields, now and then with something of the wrong kind."""
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(value, value, value, value, JUNK) for name, value in fields.items()}
    )


MIRROR = st.fixed_dictionaries(
    {
        "name": st.one_of(st.just("Films"), TEXTS),
        "source": st.one_of(st.just("@source"), PATHS, TEXTS),
        "target": st.one_of(st.just("@free"), st.just("@free"), PATHS, TEXTS),
    },
    optional={
        "source_layout": st.sampled_from(["plex", "jellyfin", "auto"]),
        "target_layout": st.sampled_from(["plex", "jellyfin", "auto"]),
        "materializer": st.sampled_from(["hardlink", "copy", "force_copy", "reflink"]),
        "delete": st.booleans(),
        "advanced": _some(
            kind=st.sampled_from(["auto", "movies", "shows"]),
            sidecars=st.sampled_from(["follow", "keep"]),
            keep_server_files=st.booleans(),
            anchor=PATHS | TEXTS,
            max_removals=st.sampled_from(["50%", "10", "-1", "1e9", "101%", "%", "9" * 5000, "²", "²%", "1_0", "nan%"])
            | TEXTS,
            trash_days=st.sampled_from([0, 1.5, 3650, 10**30, -1]),
        ),
        "automatic": _some(
            schedule=SCHEDULES,
            schedule_time=st.sampled_from(
                ["05:00:00", "25:00", "24:00:00", "5", "05:00:00+01:00", "00:00", "05:00:00.5"]
            ),
            after_new_items=st.booleans(),
            wait_for_idle=st.booleans(),
            scan_server=st.booleans(),
            server_source=PATHS,
            server_target=PATHS,
        ),
    },
)
PREROLL = [
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Winter", " ", "\0"]) | TEXTS,
            "paths": st.sampled_from([["/a.mp4"], [], ["a,b"], [" "], ["\ud800"]]),
            "order": st.sampled_from(["sequence", "random"]),
            "season": st.sampled_from(["always", "manual", "dates", "holiday", "calendar"]),
            "priority": NUMBERS,
        }
    ),
    _some(
        **{name: st.integers(-1, 32) for name in ("start_month", "start_day", "end_month", "end_day")},
        holiday=st.sampled_from(["easter", "christmas", "advent"]),
        days_before=st.integers(0, 60),
        days_after=st.integers(0, 60),
        calendar=st.sampled_from(["calendar.x", "light.x", "x"]),
    ),
]
OPTIONS = {
    "connection": [_some(timeout=NUMBERS)],
    "libraries": [_some(libraries=st.lists(TEXTS, max_size=2), new_libraries=st.booleans())],
    "maintenance": [
        _some(
            message=TEXTS,
            grace=DURATIONS,
            duration=DURATIONS,
            exempt_users=st.lists(TEXTS, max_size=2),
            wait=st.booleans(),
            housekeeping=st.booleans(),
        )
    ],
    "housekeeping": [
        _some(
            empty_trash=SCHEDULES,
            clean_bundles=SCHEDULES,
            optimize_database=SCHEDULES,
            time=st.sampled_from(["05:00:00", "24:00", "x", "05:00:00+01:00"]),
            only_when_idle=st.booleans(),
            trash_limit=NUMBERS,
            mapped_paths=st.lists(
                st.sampled_from(["/data = /mnt", "a=b", "=", "/\0 = /\0", "/x = /" + "y" * 5000, "/\ud800 = /\ud800"]),
                max_size=2,
            ),
            database_cache=NUMBERS,
        ),
        st.sampled_from(
            [{"next_step_id": "housekeeping_save"}, {"next_step_id": "housekeeping"}, {"next_step_id": "x"}]
        ),
    ],
    "kometa": [st.fixed_dictionaries({"block": BLOCKS}), st.just({})],
    "copy_from": [_some(server=TEXTS)],
}
URLS = st.sampled_from(
    [
        "@url",
        "@url/web",
        "http://127.0.0.1:9",
        "127.0.0.1",
        "http://[::1",
        "http://127.0.0.1:99999",
        "ftp://x",
        "http://a b",
        "//",
        "http://\0",
        "http://127.0.0.1:1/\ud800",
        "http://user:pass@127.0.0.1:9",
        "http://." + "a" * 300,
        "http://٣/",
    ]
)
"""Nothing but loopback, and what is no address."""
SERVER = st.fixed_dictionaries(
    {"url": URLS, "token": st.sampled_from(["@token", "", "x", "\n", "\0", "ü", "\ud800"]), "verify_ssl": st.booleans()}
)


def forms() -> st.SearchStrategy[Any]:
    """Draw a form and what is filled in."""
    kinds: list[st.SearchStrategy[Any]] = [
        st.tuples(st.just("mirror"), st.lists(MIRROR, min_size=1, max_size=2)),
        st.tuples(st.just("mirror_again"), st.lists(MIRROR, min_size=1, max_size=2)),
        st.tuples(st.just("preroll_set"), st.tuples(*PREROLL)),
        st.tuples(st.just("server"), st.tuples(st.just({"next_step_id": "manual"}), SERVER, SERVER)),
    ]
    for section, steps in OPTIONS.items():
        chosen = st.just({"next_step_id": section})
        kinds.append(st.tuples(st.just("options"), st.tuples(chosen, *steps)))
        kinds.append(
            st.tuples(
                st.just("options"), st.tuples(chosen, *(JUNK.map(lambda value: {"x": value}) for _ in steps), *steps)
            )
        )
    return st.one_of(kinds)


def _changed(seeds: list[str]) -> st.SearchStrategy[str]:
    return st.builds(
        _times,
        st.sampled_from(seeds),
        st.integers(0, 2**32),
        st.integers(0, 3),
    )


def _times(text: str, seed: int, times: int) -> str:
    random = Random(seed)
    for _ in range(times):
        text = json_text(text, random)
    return text


def pushes() -> st.SearchStrategy[Any]:
    """Draw some messages of the push channel."""
    return st.lists(_changed(list(frames.seeds())), min_size=1, max_size=4)


def polls() -> st.SearchStrategy[Any]:
    """Draw an answer to what is read again and again."""
    seeds = [text.partition("\n") for text in answers.seeds()]
    wanted = {
        name: path
        for name, path in answers.PATHS.items()
        if name in ("info", "libraries", "sessions", "settings", "activities", "identity")
    }
    return st.one_of(
        [
            st.tuples(st.just(path), _changed([body for key, _, body in seeds if key == name]))
            for name, path in wanted.items()
        ]
    )


STRATEGIES = {"actions": actions, "options": forms, "pushes": pushes, "polls": polls}


def as_text(value: Any) -> str:
    """Write an input down."""
    return json.dumps(value)
