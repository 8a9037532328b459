"""Paths as the Plex server sees them: of whatever system, and not those of this machine."""


def overlap(one: str, two: str) -> bool:
    """Tell whether one of two folders is or lies in the other."""
    return within(one, two) or within(two, one)


def within(path: str, folder: str) -> bool:
    """Tell whether a path lies in a folder or is it."""
    one, two = parts(path), parts(folder)
    return one[: len(two)] == two


def sound(path: str) -> bool:
    """Tell whether a path that somebody gave says where it leads: from the root on, without a way up."""
    rooted = path.startswith("/") or _windows(path)
    return rooted and all(char >= " " for char in path) and not {".", ".."} & set(parts(path))


def below(path: str, folder: str) -> tuple[str, ...]:
    """Give what of a path lies below a folder, name by name; only for one that lies within it."""
    text = path.replace("\\", "/") if _windows(path) else path
    return tuple([name for name in text.split("/") if name][len(parts(folder)) :])


def parts(path: str) -> list[str]:
    """Split a path; a Windows server does not tell upper from lower case."""
    text = path.replace("\\", "/").lower() if _windows(path) else path
    return [part for part in text.split("/") if part]


def _windows(path: str) -> bool:
    return "\\" in path or path[1:2] == ":"
