"""Tests of the blueprints: each is imported as a user imports it and does what it is for."""
