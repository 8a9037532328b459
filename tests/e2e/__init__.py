"""End to end: a real Home Assistant process, a real Chromium; only Plex is played."""
