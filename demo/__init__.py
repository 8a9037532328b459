"""The demo: a simulated Plex server and a real Home Assistant, ready to be played with."""
