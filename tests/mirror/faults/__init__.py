"""Faults at every call the mirror makes to the file system; `scripts/faults` runs thousands of them."""
