"""Which libraries of a server are looked after."""

from collections.abc import Mapping
from typing import Any

from ..const import CONF_LIBRARIES, CONF_NEW_LIBRARIES, DEFAULT_NEW_LIBRARIES


def is_on(options: Mapping[str, Any], uuid: str) -> bool:
    """Tell whether a library is switched on: as the user decided, else as new libraries are treated."""
    decided: Mapping[str, bool] = options.get(CONF_LIBRARIES, {})
    return decided.get(uuid, options.get(CONF_NEW_LIBRARIES, DEFAULT_NEW_LIBRARIES))
