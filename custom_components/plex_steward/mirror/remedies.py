"""What the doctor's codes mean and what helps, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .doctor import Finding

_ONE_MOUNT = (
    "Mount the folder above both once (for instance /media:/media) instead of each on its own, and use paths below it."
)
_OR_COPY = "Move both onto one, or use --copy (which takes the space twice)."

REMEDIES: Mapping[str, tuple[str, str]] = {
    "links_work": ("Hard links work between these folders: a file was linked and the link removed again.", ""),
    "works": ("Files can be brought from the source to the target.", ""),
    "no_file_to_try": (
        "The source holds no file that could be tried.",
        "Is it the right folder, and is its disk mounted?",
    ),
    "source_missing": ("The source folder does not exist.", "Check the path, and that its disk is mounted."),
    "source_not_a_directory": ("The source is no folder.", "Give the folder that holds the films."),
    "source_unreadable": ("The source cannot be read ({detail}).", "Give this user the right to list and read it."),
    "target_not_a_directory": ("The target is no folder.", "Give a folder, or one that is yet to be made."),
    "target_unreadable": ("The target cannot be read ({detail}).", "Give this user the right to list it."),
    "same_folder": ("Source and target are one and the same folder.", "Give two folders."),
    "target_in_source": ("The target lies inside the source.", "Put them side by side."),
    "source_in_target": ("The source lies inside the target.", "Put them side by side."),
    "target_not_writable": (
        "The target cannot be written ({path}).",
        "Give this user the right to write there. In a container, check user id and group id (PUID, PGID).",
    ),
    "target_read_only": (
        "The target is on a file system mounted read-only.",
        "Remount it writable; a volume of a container must not end in :ro. After disk errors, check the disk first.",
    ),
    "two_file_systems": (
        "Source ({source}) and target ({target}) are on two file systems. A hard link cannot leave its own.",
        _OR_COPY,
    ),
    "bind_mounts": (
        (
            "Both folders are on one file system but reached through two mounts: {source} and {target}. "
            "Linux allows no hard link from one mount to another."
        ),
        _ONE_MOUNT,
    ),
    "container_mounts": (
        (
            "In this container, source and target are two mounts: {source} and {target}. "
            "Linux allows no hard link between them, even when both are one disk outside."
        ),
        _ONE_MOUNT,
    ),
    "zfs_datasets": (
        "Source and target are two ZFS datasets: {source} and {target}. Each is a file system of its own.",
        "Put both folders into one dataset, or use --copy.",
    ),
    "btrfs_subvolumes": (
        "Source and target are two Btrfs subvolumes. Hard links cannot cross, but shared blocks can.",
        "Use --reflink, which takes no space either, or put both folders into one subvolume.",
    ),
    "unraid_disks": (
        "Source and target are Unraid user shares whose files lie on different disks.",
        "Use one disk (/mnt/diskX/...) or one pool for both folders; set the shares to that disk only.",
    ),
    "unraid_user_share": (
        (
            "{path} is an Unraid user share (shfs). Links work there only while both names are on one disk, "
            "and the mover turns them into copies."
        ),
        "Use paths below /mnt/diskX or a pool, and keep the mover away from them.",
    ),
    "union": (
        "{path} is a union of disks ({detail}). Links work only while both names are on one branch.",
        (
            "For mergerfs, use a policy that does not keep paths apart (category.create=mfs, not epmfs), "
            "or use the folders of one branch."
        ),
    ),
    "union_branches": (
        "The union file system would have to link between two of its branches.",
        "Make the target folder on every branch, or use a create policy that does not preserve paths.",
    ),
    "network": (
        "{path} is a network share ({detail}). Links depend on the server, and changes made elsewhere are seen late.",
        "Run on the machine that has the disks where you can. Every run looks at every folder here.",
    ),
    "no_hard_links": (
        "{path} is {detail}, which has no hard links.",
        "Use --copy, or a file system that has them (ext4, XFS, Btrfs, ZFS, NTFS).",
    ),
    "protected_hard_links": (
        (
            "Linux allows hard links only to files that you own or may write (fs.protected_hardlinks), "
            "and the source's belong to somebody else."
        ),
        "Run as the owner of the films, or give this user the right to write them.",
    ),
    "links_refused": ("The system refuses hard links from {source} to {target} ({detail}).", "Use --copy."),
    "silent_copy": (
        "A link was accepted but came out as a copy: {target} does not keep links.",
        "Use paths on one disk below that file system, or --copy if you have the space.",
    ),
    "reflink_unsupported": (
        "{target} cannot share blocks with {source} ({detail}).",
        "Use --hardlink or --copy. Btrfs, XFS (made with reflink=1), bcachefs and newer ZFS share blocks.",
    ),
    "quota": ("The quota on the target is used up.", "Free some space or raise the quota; links need entries, too."),
    "no_space": ("The target's file system is full.", "Free some space."),
    "too_many_links": (
        "The file that was tried has as many links as its file system allows.",
        "Remove old mirrors of it.",
    ),
}


def words_for(finding: Finding) -> tuple[str, str]:
    """Cause and cure of one finding."""
    cause, cure = REMEDIES[finding.code]
    data = {"source": "the source", "target": "the target", "path": "the folder", "detail": "?", **dict(finding.data)}
    return cause.format_map(data), cure.format_map(data)
