"""A simulated week of a whole Home Assistant in minutes: `scripts/soak`."""
