"""Policies and other pure parts of the outer ring."""
