"""Start the demo: ``python -m demo [--fresh]``; ``PORT`` in the environment changes Home Assistant's port."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path
import shutil
import signal
import socket
import sys

from demo import dashboard, household, media
from demo.hass import PASSWORD, ROOT, USER, Hass
from demo.plex import Plex

HOME = ROOT / ".demo"
PORT = 8123


def say(text: str) -> None:
    """Print one line of progress at once."""
    print(text, flush=True)


def port() -> int:
    """Return the port to use; exit with a plain sentence when it is taken or no number."""
    text = os.environ.get("PORT", str(PORT))
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"PORT must be a number between 1 and 65535, not {text!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError:
            sys.exit(f"Port {text} is in use. Choose another one: PORT=8124 scripts/demo")
    return int(text)


def write_media(home: Path) -> list[str]:
    """Write the media that are missing; return the libraries for the simulator."""
    root = home / "media"
    media.films(root / "plex" / "Movies")
    media.shows(root / "plex" / "TV Shows")
    media.music(root / "plex" / "Music")
    (root / "jellyfin" / "Movies").mkdir(parents=True, exist_ok=True)
    return [
        f"Movies:movie:{root / 'plex' / 'Movies'}",
        f"TV Shows:show:{root / 'plex' / 'TV Shows'}",
        f"Music:artist:{root / 'plex' / 'Music'}",
        f"Mirrored movies:movie:{root / 'jellyfin' / 'Movies'}",
    ]


async def serve(home: Path, number: int, *, fresh: bool) -> None:
    """Run everything until a signal comes."""
    if fresh and home.exists():
        say("Starting over")
        shutil.rmtree(home)
    home.mkdir(exist_ok=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)

    say("Writing the media library")
    libraries = await asyncio.to_thread(write_media, home)
    say("Starting the simulated Plex server")
    async with Plex(*household.ARGUMENTS, media=libraries) as plex:
        say("Starting Home Assistant")
        hass = Hass(home / "config", port=number, environment=household.environment(plex))
        starting = asyncio.ensure_future(household.move_in(hass, plex, home / "media"))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                await dashboard.install(hass)
                say(f"Ready: {hass.base} (user {USER}, password {PASSWORD}). Ctrl-C stops it.")
                await stopping
        finally:
            starting.cancel()
            stopping.cancel()
            say("Stopping")
            await hass.stop()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="A Home Assistant with Plex Steward to play with."
    )
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away first")
    arguments = parser.parse_args()
    asyncio.run(serve(HOME, port(), fresh=arguments.fresh))


if __name__ == "__main__":
    main()
