"""Fuzzing: see `__main__` and docs/adr. Inputs that broke something are kept in `corpus/` and tried by `test_corpus`."""
