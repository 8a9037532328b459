"""What the shell says for the codes of refusals, problems and findings. Home Assistant has translations instead."""

from __future__ import annotations

from collections.abc import Mapping

REFUSALS: Mapping[str, str] = {
    "source_missing": "The source folder does not exist. Is it mounted?",
    "source_unreadable": "The source folder cannot be read ({detail}). Nothing was touched.",
    "source_not_a_directory": "The source is no folder.",
    "source_empty": "The source holds no film or show. An unmounted disk looks like that. Nothing was touched.",
    "source_changed": "Another folder or disk than last time is at the source's path (before: {before}, now: {now}).",
    "target_missing": "The target folder does not exist. Use --create to make it.",
    "target_unreadable": "The target folder cannot be read ({detail}).",
    "target_not_a_directory": "The target is no folder.",
    "target_changed": "Another folder or disk than last time is at the target's path (before: {before}, now: {now}).",
    "same_folder": "Source and target are one and the same folder.",
    "target_in_source": "The target lies inside the source: the mirror would mirror itself.",
    "source_in_target": "The source lies inside the target: it could be removed as a stray.",
    "anchor_missing": "The anchor is missing in the source: it is not the library, or not mounted.",
    "too_many_removals": "{removals} of {files} files in the target would be removed; {limit} are allowed.",
    "cross_device": "Hard links from source to target are not possible ({detail}). "
    "Try `plex-steward doctor`, or --copy.",
    "reflink_unsupported": "This pair of folders cannot share blocks ({detail}). Try --hardlink or --copy.",
    "busy": "Another run is at work on this target (process {process}).",
    "nothing_to_undo": "There is no run to take back.",
    "layout_undecided": "The layout of the source cannot be told ({evidence}). Set {flag}.",
    "staging_missing": "The staging folder does not exist.",
    "system": "{detail}: {path}",
    "crash": "{detail}",
}

APPROVE = (
    "To allow exactly this plan once, repeat the command with --approve {digest}. See it with --dry-run --verbose."
)

PROBLEMS: Mapping[str, str] = {
    "unreadable": "cannot be listed; nothing below it was touched",
    "unknown": "is not fully known; nothing below it was removed",
    "exists": "something else has the name already",
    "gone": "has gone since the scan",
    "changed": "has changed since the scan",
    "no_space": "the disk is full",
    "quota": "the quota is used up",
    "read_only": "the file system is read-only",
    "not_allowed": "no permission",
    "name_too_long": "the name is too long for the file system",
    "cross_device": "lies on another file system: no hard link possible",
    "too_many_links": "the file has as many links as the file system allows",
    "not_a_folder": "a folder is expected here",
    "file_in_the_way": "a file stands where a folder is to be",
    "folder_in_the_way": "a folder stands where a file is to be",
    "symbolic_link": "is a symbolic link, which is not followed",
    "io_error": "the disk or the network failed",
    "not_supported": "the file system cannot do this",
    "no_locks": "the file system knows no locks: make sure that no second run is at work",
    "failed": "the system refused",
}


def refusal(code: str, data: Mapping[str, object]) -> str:
    """Say why nothing was done."""
    return REFUSALS.get(code, code).format_map(_Lenient(data))


class _Lenient(dict[str, object]):
    """Leaves a question mark where a fact is missing."""

    def __missing__(self, key: str) -> str:
        return "?"
