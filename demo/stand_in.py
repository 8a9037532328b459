"""Start Home Assistant with plex.tv played by the simulator, and with a calendar of its own.

The product knows one address of plex.tv, a constant, and goes by the real date; users get no switch for either. Here,
and only here, they are replaced before Home Assistant loads the integration: ``PLEX_STEWARD_PLEX_TV`` names the
simulator's address, ``PLEX_STEWARD_CLOCK`` a file whose time of modification is the date that seasons go by.
Run as ``python -m demo.stand_in`` with the arguments of ``hass``.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
import importlib.abc
import importlib.machinery
import os
from pathlib import Path
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ADDRESS = "PLEX_STEWARD_PLEX_TV"
"""The environment variable with plex.tv's stand-in, for example ``http://127.0.0.1:40123``."""
CLOCK = "PLEX_STEWARD_CLOCK"
"""The environment variable with the file that is the clock: ``touch -d 2026-12-24T12:00Z clock`` makes it Christmas."""


class Clock:
    """Home Assistant's clock, but for what time it is now."""

    def __init__(self, real: Any, file: str) -> None:
        """Take the real one, for everything else."""
        self._real = real
        self._file = Path(file)

    def __getattr__(self, name: str) -> Any:
        """Ask the real one."""
        return getattr(self._real, name)

    def now(self, time_zone: tzinfo | None = None) -> datetime:
        """Read the file's time; that of a file is no call that blocks."""
        zone = time_zone or self._real.get_default_time_zone()
        return datetime.fromtimestamp(self._file.stat().st_mtime, zone)


def _account(module: Any, address: str) -> None:
    """Give the integration the stand-in for plex.tv."""
    module.PLEX_TV = module.PlexTv.at(address)


def _myplex(module: Any, address: str) -> None:
    """Give it to Home Assistant's own Plex integration, too, which may run in the same process."""
    module.MyPlexAccount.key = f"{address}/api/v2/user"


def _gdm(module: Any, _: str) -> None:
    """Let that integration look for players without a broadcast."""
    module.GDM.scan = lambda *_, **__: None


def _seasons(module: Any, file: str) -> None:
    """Let seasons go by a clock that can be moved, and look at it each second."""
    module.dt_util = Clock(module.dt_util, file)
    module.EACH_MINUTE = timedelta(seconds=1)


CHANGES: dict[str, tuple[str, Callable[[Any, str], None]]] = {
    "custom_components.plex_steward.plex.account": (ADDRESS, _account),
    "custom_components.plex_steward.stewardship.prerolls": (CLOCK, _seasons),
    "plexapi.gdm": (ADDRESS, _gdm),
    "plexapi.myplex": (ADDRESS, _myplex),
}
"""Module -> the environment variable that asks for it, and what is changed."""


class _Replacing(importlib.abc.MetaPathFinder):
    """Changes a few modules as soon as they are loaded, and not before."""

    def find_spec(
        self,
        fullname: str,
        path: object = None,
        target: ModuleType | None = None,  # noqa: ARG002 - importlib says so
    ) -> importlib.machinery.ModuleSpec | None:
        """Find such a module by the usual way, with its loader wrapped."""
        variable, change = CHANGES.get(fullname, ("", None))
        value = os.environ.get(variable)
        if change is None or not value:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)  # type: ignore[arg-type]  # a package's path
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            change(module, value)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # this one loader only
        return spec


def main() -> int:
    """Run Home Assistant in this process."""
    # Home Assistant must find the integration in its own folder, as everywhere, and not in this checkout.
    here = Path(__file__).resolve().parent.parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    sys.meta_path.insert(0, _Replacing())
    from homeassistant.__main__ import main as hass  # noqa: PLC0415 - only now, with the finder in place

    return hass()


if __name__ == "__main__":
    sys.exit(main())
