"""Start Home Assistant with plex.tv played by the simulator.

The product knows one address of plex.tv, a constant; users get no switch for it. Here, and only here, it is replaced
before Home Assistant loads the integration: ``PLEX_STEWARD_PLEX_TV`` names the simulator's address.
Run as ``python -m demo.stand_in`` with the arguments of ``hass``.
"""

from __future__ import annotations

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


def _account(module: Any, address: str) -> None:
    """Give the integration the stand-in for plex.tv."""
    module.PLEX_TV = module.PlexTv.at(address)


def _myplex(module: Any, address: str) -> None:
    """Give it to Home Assistant's own Plex integration, too, which may run in the same process."""
    module.MyPlexAccount.key = f"{address}/api/v2/user"


def _gdm(module: Any, _: str) -> None:
    """Let that integration look for players without a broadcast."""
    module.GDM.scan = lambda *_, **__: None


CHANGES: dict[str, Callable[[Any, str], None]] = {
    "custom_components.plex_steward.plex.account": _account,
    "plexapi.gdm": _gdm,
    "plexapi.myplex": _myplex,
}


class _Replacing(importlib.abc.MetaPathFinder):
    """Changes a few modules as soon as they are loaded, and not before."""

    def find_spec(
        self,
        fullname: str,
        path: object = None,
        target: ModuleType | None = None,  # noqa: ARG002 - importlib says so
    ) -> importlib.machinery.ModuleSpec | None:
        """Find such a module by the usual way, with its loader wrapped."""
        if (change := CHANGES.get(fullname)) is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)  # type: ignore[arg-type]  # a package's path
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            change(module, os.environ[ADDRESS])

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # this one loader only
        return spec


def main() -> int:
    """Run Home Assistant in this process."""
    # Home Assistant must find the integration in its own folder, as everywhere, and not in this checkout.
    here = Path(__file__).resolve().parent.parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    if os.environ.get(ADDRESS):
        sys.meta_path.insert(0, _Replacing())
    from homeassistant.__main__ import main as hass  # noqa: PLC0415 - only now, with the finder in place

    return hass()


if __name__ == "__main__":
    sys.exit(main())
