"""Home Assistant's ring, against the simulated server on loopback."""
