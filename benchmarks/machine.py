"""What every table says of the machine it was made on, and where tables are kept."""

import os
from pathlib import Path
import platform

HERE = Path(__file__).resolve().parent


def machine() -> str:
    """Processors, Python and system, in one line."""
    model = platform.machine()
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        model = next((line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line), model)
    except OSError:
        pass
    processors = f"{os.cpu_count()} processors, {model}"
    return f"{processors}; Python {platform.python_version()}; {platform.system()} {platform.release()}"


def keep(name: str, text: str) -> None:
    """Write a table beside its benchmark."""
    (HERE / f"{name}.txt").write_text(text.rstrip("\n") + "\n", encoding="utf-8")
