"""Home Assistant finds the integration here; the tests import it by this name."""
