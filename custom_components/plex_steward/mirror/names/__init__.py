"""File names: what a name says, and how each layout writes it."""
