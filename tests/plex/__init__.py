"""Tests of the ring that talks to Plex."""
