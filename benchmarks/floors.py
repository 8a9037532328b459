"""What the machine itself needs: the bare system calls, in Python, with nothing around them.

`python floors.py link PAIRS` makes the folders and links of a list; `python floors.py list A B` lists both trees and
compares the inode numbers of their directory entries.
"""

import os
import sys


def link(pairs: str) -> None:
    """os.mkdir and os.link over known paths."""
    with open(pairs, encoding="utf-8") as file:  # noqa: PTH123 - the floor carries nothing extra
        lines = file.read().splitlines()
    mkdir, hard_link = os.mkdir, os.link
    for line in lines:
        source, _, target = line.partition("\t")
        if source:
            hard_link(source, target)
        else:
            mkdir(target)


def listing(one: str, two: str) -> None:
    """os.scandir of both trees, inode from the entry, compare sets."""
    if _inodes(one) != _inodes(two):
        sys.exit("the trees differ")


def _inodes(root: str) -> set[int]:
    found: set[int] = set()
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.name == ".plex-steward":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    found.add(entry.inode())
    return found


if __name__ == "__main__":
    if sys.argv[1] == "link":
        link(sys.argv[2])
    else:
        listing(sys.argv[2], sys.argv[3])
