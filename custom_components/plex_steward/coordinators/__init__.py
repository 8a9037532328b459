"""What is read from a server and pushed by it, kept for the entities."""
