"""What `scripts/bench` runs, with its last tables."""
