"""Tests of the mirror: files and names, without Home Assistant."""
