"""A stand-in for one Plex Media Server and for plex.tv; it knows nothing of the integration.

In this process::

    async with Simulator(media=[("Films", "movie", folder)], synthetic=100, plex_tv=True) as plex:
        plex.url, plex.token, plex.machine_identifier      # how to reach it
        stream = plex.sessions.start("transcode", user="anna")  # steer it: see the README for every word
        plex.quirks.page_cap = 200

As a program: ``python -m simulator --port 0 --media NAME:TYPE:PATH``; it prints one JSON line when it is ready and can
then be steered through ``/_sim/...``. Everything listens on 127.0.0.1. ``README.md`` beside this file describes both.
"""

from .app import Simulator
from .plextv import PlexTv
from .quirks import Fault, Quirks
from .state import State

__all__ = ["Fault", "PlexTv", "Quirks", "Simulator", "State"]
