"""One show: seasons, episodes and extras under the names the target knows."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Folder, Ignored, Loss, Sidecars
from .names import FolderName
from .names.extras import is_extras_folder, map_folder, split_extra, write_extra
from .names.shows import ABSOLUTE, DATE, EPISODE, map_episode, map_season, season
from .names.sidecars import follow
from .names.tokens import SAMPLE, is_video
from .want import Builder, Want, Wanted

_ENOUGH = 3
"""So many numbered videos side by side are episodes, not versions of a film."""


def is_show(folder: Folder) -> bool:
    """Whether a top-level folder holds a show: seasons, or videos that are numbered or dated."""
    if any(season(name) is not None for name in folder.folders):
        return True
    videos = [name for name in folder.files if is_video(name) and not name.startswith(folder.name + ".")]
    tails = [name.removeprefix(folder.name) for name in videos]
    if any(EPISODE.search(tail) for tail in tails):
        return True
    if sum(1 for tail in tails if DATE.search(tail)) > 1:
        return True
    numbers = {
        match[1]
        for tail in tails
        if (match := ABSOLUTE.search(tail)) and int(match[1]) not in {480, 576, 720, 1080, 2160}
    }
    return len(numbers) >= _ENOUGH


def build_show(builder: Builder, folders: Sequence[Folder], names: Sequence[FolderName]) -> None:
    """Fill the builder with one show that lies in one or more source folders."""
    for folder, name in zip(folders, names, strict=True):
        for lost in name.lost:
            builder.losses.append(Loss(*lost, folder.name))
        if name.edition:
            builder.losses.append(Loss("edition", None, name.edition, "a show has no editions", folder.name))
        _directory(builder, folder, folder.name, builder.root, "", folder.name)


def _directory(builder: Builder, folder: Folder, path: str, want: Want, where: str, show: str) -> None:
    stems = {show: builder.target}
    others: list[tuple[str, Wanted]] = []
    for file, wanted in builder.files(folder, path):
        stem, dot, suffix = file.rpartition(".")
        if not is_video(file):
            others.append((file, wanted))
        elif SAMPLE.search(stem):
            builder.ignored.append(Ignored(wanted.source, "sample"))
        else:
            bare, extra = split_extra(stem)
            new = map_episode(bare, show, builder.target, builder.layout)
            new = write_extra(new, extra, builder.layout) if extra else new
            if builder.put(want, new + dot + suffix, wanted, where):
                stems[stem] = new
    for file, wanted in others:
        name = (follow(file, stems) or file) if builder.options.sidecars is Sidecars.FOLLOW else file
        builder.put(want, name, wanted, where)
    for name, inner in builder.folders(folder, path, want):
        mapped, reason = map_folder(name, builder.source, builder.layout)
        if reason:
            builder.losses.append(Loss("extra", None, name, reason, f"{path}/{name}"))
        extras = is_extras_folder(name)
        mapped = mapped if extras else map_season(name, builder.source, builder.layout)
        if not extras and mapped.startswith(show):
            mapped = map_episode(mapped, show, builder.target, builder.layout)
        if (deeper := builder.open(want, mapped, f"{path}/{name}", where)) is None:
            continue
        if extras:
            builder.copy(inner, f"{path}/{name}", deeper, f"{where}{mapped}/")
        else:
            _directory(builder, inner, f"{path}/{name}", deeper, f"{where}{mapped}/", show)
