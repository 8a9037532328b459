"""One film: its source folders turned into the files its target folder should have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from .model import Clash, Folder, Ignored, Layout, Loss, Sidecars
from .names import FolderName, Video, read_folder, read_video, write_video
from .names.extras import map_folder, split_extra, write_extra
from .names.sidecars import follow
from .names.tokens import SAMPLE, is_video
from .want import Builder, Want, Wanted, name_hash


class _Claim(NamedTuple):
    """A video and all it says."""

    folder: int
    name: str
    """Of the file in the source."""
    stem: str
    """Without the suffix and the ending that makes it an extra."""
    suffix: str
    wanted: Wanted
    video: Video
    extra: str
    free: bool
    """An extra with a name of its own, which is kept."""


def build_film(builder: Builder, folders: Sequence[Folder], names: Sequence[FolderName]) -> None:
    """Fill the builder with one film that lies in one or more source folders."""
    claims: list[_Claim] = []
    others: list[tuple[int, str, Wanted]] = []
    for number, (folder, name) in enumerate(zip(folders, names, strict=True)):
        for file, wanted in builder.files(folder, folder.name):
            stem, dot, suffix = file.rpartition(".")
            if not is_video(file):
                others.append((number, file, wanted))
            elif SAMPLE.search(stem) and stem != folder.name:
                builder.ignored.append(Ignored(wanted.source, "sample"))
            else:
                claims.append(_claim(builder, number, folder.name, name, stem, dot + suffix, wanted))
    claims = _single_parts(claims)
    stems = _place(builder, claims)
    _report_folders(builder, folders, names, claims)
    _place_others(builder, others, stems, folders)
    for folder in folders:
        place_folders(builder, folder, stems)


def _claim(
    builder: Builder, number: int, folder_name: str, name: FolderName, stem: str, suffix: str, wanted: Wanted
) -> _Claim:
    bare, extra = split_extra(stem) if stem != folder_name else (stem, "")
    file = stem + suffix
    video = read_video(bare, folder_name, name, builder.source)
    if extra:
        free = not video.related or bare == "trailer"
        return _Claim(number, file, bare, suffix, wanted, Video() if free else video, extra, free)
    if name.edition and not video.edition:
        said = Video(edition=name.edition)
        if builder.source is Layout.JELLYFIN:
            said = read_video(f"{name.bare} - {name.edition}", name.bare, name, Layout.JELLYFIN)
        video = video._replace(
            edition=said.edition,
            resolution=video.resolution or said.resolution,
            labels=(*said.labels, *video.labels) if builder.source is Layout.JELLYFIN else video.labels,
            part=video.part or said.part,
        )
    return _Claim(number, file, stem, suffix, wanted, video, "", free=False)


def _single_parts(claims: list[_Claim]) -> list[_Claim]:
    """Take `Part 2` for a title's words where it stands alone in a name unlike its folder's."""
    stacks: dict[Video, int] = defaultdict(int)
    for claim in claims:
        stacks[claim.video._replace(part="")] += 1
    return [
        claim._replace(video=claim.video._replace(part=""))
        if claim.video.part and not claim.video.related and stacks[claim.video._replace(part="")] < 2
        else claim
        for claim in claims
    ]


def _stem(builder: Builder, claim: _Claim, mark: str = "") -> tuple[str, list[Loss]]:
    """Return the new stem of a video and what it cannot hold."""
    if claim.free:
        base = f"{claim.stem} [{mark}]" if mark else claim.stem
        return write_extra(base, claim.extra, builder.layout), []
    video = claim.video._replace(hashed=mark) if mark else claim.video
    stem, lost = write_video(builder.target, video, builder.source, builder.layout)
    losses = [Loss(*one, claim.wanted.source) for one in (*claim.video.lost, *lost)]
    if claim.extra:
        return write_extra(stem, claim.extra, builder.layout), losses
    if not (video.edition or video.three_d):
        return stem, losses  # a resolution, labels and a part always read back
    if (name := read_folder(builder.target, builder.layout)) is not None:
        back = read_video(stem, builder.target, name, builder.layout)
        if back.gist != video.gist and not any(loss.kind == "edition" for loss in losses):
            said = " ".join(filter(None, (video.edition, video.three_d, video.resolution, video.part)))
            losses.append(Loss("edition", None, said, "the target layout reads it differently", claim.wanted.source))
    return stem, losses


def _place(builder: Builder, claims: list[_Claim]) -> dict[tuple[int, str], str]:
    """Give every video its name, all that want one name a hash; return old stems -> new."""
    names: dict[int, str] = {}
    wanting: dict[str, list[int]] = defaultdict(list)
    for index, claim in enumerate(claims):
        stem, losses = _stem(builder, claim)
        builder.losses += losses
        names[index] = stem + claim.suffix
        wanting[builder.fold(names[index])].append(index)
    taken = {key for key, group in wanting.items() if len(group) == 1}
    for key, group in sorted(wanting.items()):
        if len({claims[index].wanted.inode for index in group}) == 1:
            continue  # one file under several names needs one name
        shared = names[group[0]]
        _hash(builder, claims, group, names, taken)
        taken.update(builder.fold(names[index]) for index in group)
        sources = tuple(claims[index].wanted.source for index in group)
        results = tuple(names[index] for index in group)
        builder.clashes.append(Clash(builder.target, shared, sources, "hash_suffix", results))
        taken.discard(key)
    stems: dict[tuple[int, str], str] = {}
    for index, claim in enumerate(claims):
        if builder.put(builder.root, names[index], claim.wanted, ""):
            old = claim.folder, claim.name.removesuffix(claim.suffix)
            stems.setdefault(old, names[index].removesuffix(claim.suffix))
    return stems


def _hash(
    builder: Builder,
    claims: list[_Claim],
    group: list[int],
    names: dict[int, str],
    taken: set[str],
) -> None:
    """Append the peer's hash of each file's own name; a longer one, of the path, where that is not enough."""
    found: dict[int, str] = {}
    for length in (8, 16, 64):
        found = {}
        for index in group:
            claim = claims[index]
            text = claim.name if length == 8 else claim.wanted.source
            stem, _ = _stem(builder, claim, name_hash(text, length))
            found[index] = stem + claim.suffix
        folded = [builder.fold(name) for name in found.values()]
        if len(set(folded)) == len(folded) and taken.isdisjoint(folded):
            break
    names.update(found)


def _report_folders(
    builder: Builder, folders: Sequence[Folder], names: Sequence[FolderName], claims: list[_Claim]
) -> None:
    """Report what only a folder's name said, and ids that only a file's name says."""
    said = {(loss.kind, loss.value) for loss in builder.losses}
    said |= {("label", one.text) for claim in claims for one in claim.video.labels}
    for folder, name in zip(folders, names, strict=True):
        for lost in name.lost:
            if (lost[0], lost[2]) not in said:
                builder.losses.append(Loss(*lost, folder.name))
        if name.edition and not any(claim.video.edition for claim in claims if folders[claim.folder] is folder):
            builder.losses.append(Loss("edition", None, name.edition, "no video of the folder takes it", folder.name))
    known = {pair for name in names for pair in name.ids}
    for claim in claims:
        for key, value in claim.video.ids:
            if (key, value) not in known:
                reason = "the folder's name has other ids"
                builder.losses.append(Loss("attribute", key, value, reason, claim.wanted.source))


def _place_others(
    builder: Builder,
    others: list[tuple[int, str, Wanted]],
    stems: dict[tuple[int, str], str],
    folders: Sequence[Folder],
) -> None:
    """Give sidecars their video's new name; what belongs to no video keeps its own."""
    maps = _stem_maps(builder, stems, folders)
    for number, file, wanted in others:
        name = file
        if builder.options.sidecars is Sidecars.FOLLOW:
            name = follow(file, maps[number]) or file
        builder.put(builder.root, name, wanted, "")


def _stem_maps(builder: Builder, stems: dict[tuple[int, str], str], folders: Sequence[Folder]) -> list[dict[str, str]]:
    maps: list[dict[str, str]] = [{folder.name: builder.target} for folder in folders]
    for (number, old), new in stems.items():
        maps[number][old] = new
    return maps


def place_folders(builder: Builder, folder: Folder, stems: dict[tuple[int, str], str]) -> None:
    """Take the sub-folders over, extras under the name the target knows."""
    trickplay = {old: new for (_, old), new in stems.items()}
    for name, inner in builder.folders(folder, folder.name, builder.root):
        path = f"{folder.name}/{name}"
        mapped, reason = map_folder(name, builder.source, builder.layout)
        if name.endswith(".trickplay") and builder.options.sidecars is Sidecars.FOLLOW:
            mapped = follow(name, trickplay) or name
        elif mapped != name:
            mapped = _spelling(builder.root, folder, mapped)
        if reason:
            builder.losses.append(Loss("extra", None, name, reason, path))
        if (want := builder.open(builder.root, mapped, path, "")) is not None:
            builder.renamed_folders.append((mapped, name))
            builder.copy(inner, path, want, f"{mapped}/")


def _spelling(want: Want, folder: Folder, name: str) -> str:
    """Return `name` as a folder beside spells it: `extras` joins an `other` that is there."""
    for known in (*want.folders, *sorted(folder.folders)):
        if known.lower() == name.lower():
            return known
    return name
