"""Talks to one Plex Media Server and to plex.tv; knows no Home Assistant."""
