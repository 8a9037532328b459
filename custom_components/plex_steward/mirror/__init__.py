"""The mirror: one media library under the file names of Plex and of Jellyfin.

`scan` reads a tree, `plan` compares two of them without touching a disk, the
guard allows or refuses, `apply` writes. Standard library only.
"""
