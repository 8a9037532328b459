"""``python -m simulator``: one simulated Plex server, and plex.tv beside it if wanted, until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
import json
import signal
import sys

from .app import TOKEN, Simulator
from .control import about


def _root(text: str) -> tuple[str, str, str]:
    name, _, rest = text.partition(":")
    kind, _, path = rest.partition(":")
    if not (name and kind and path):
        raise argparse.ArgumentTypeError("NAME:TYPE:PATH expected")
    return name, kind, path


def _quirk(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the server on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--media", type=_root, action="append", default=[], metavar="NAME:TYPE:PATH")
    parser.add_argument("--name", default="Simulated Plex")
    parser.add_argument("--machine-identifier", default="")
    parser.add_argument("--token", default=TOKEN, help="the owner's token")
    parser.add_argument("--shared-token", help="token of an account the server is shared with")
    parser.add_argument("--synthetic", type=int, default=0, metavar="N", help="number of made-up films")
    parser.add_argument("--synthetic-shows", type=int, default=0, metavar="N")
    parser.add_argument("--synthetic-artists", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", action="store_true", help="keep answers of listings, to measure clients only")
    parser.add_argument("--evening", action="store_true", help="people come and go by themselves")
    parser.add_argument("--evening-speed", type=float, default=1.0, metavar="FACTOR")
    parser.add_argument(
        "--report-every", type=float, default=10.0, metavar="SECONDS", help="players' reports; 0 = never"
    )
    parser.add_argument("--plex-tv", action="store_true", help="plex.tv beside it, on a free port")
    parser.add_argument("--plex-tv-port", type=int, default=0, metavar="P", help="the same, on this port")
    parser.add_argument("--tls", action="store_true", help="https with a self-signed certificate")
    parser.add_argument("--tls-name", action="append", default=[], help="a further name in the certificate")
    parser.add_argument("--quirk", type=_quirk, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--control", action="store_true", help="accepted for clearness: the control is always there")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    synthetic = {
        "movie": arguments.synthetic,
        "show": arguments.synthetic_shows,
        "artist": arguments.synthetic_artists,
    }
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    plex = Simulator(
        media=arguments.media,
        synthetic=synthetic,
        seed=arguments.seed,
        token=arguments.token,
        shared_token=arguments.shared_token,
        name=arguments.name,
        machine_identifier=arguments.machine_identifier,
        port=arguments.port,
        tls=arguments.tls,
        tls_names=arguments.tls_name,
        cache_answers=arguments.cache,
        plex_tv=arguments.plex_tv or bool(arguments.plex_tv_port),
        plex_tv_port=arguments.plex_tv_port,
        report_every=0.0 if arguments.evening else arguments.report_every,
        evening=arguments.evening,
        evening_speed=arguments.evening_speed,
        **dict(arguments.quirk),
    )
    async with plex:
        sys.stdout.write(json.dumps(about(plex)) + "\n")
        sys.stdout.flush()
        await over.wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(_arguments()))
