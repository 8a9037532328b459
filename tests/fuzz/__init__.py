"""Fuzzing: see `__main__`. Inputs that broke something are kept in `corpus/` and tried by `test_corpus`."""
