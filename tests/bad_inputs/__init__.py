"""A table of what can go wrong: each line is run by the tests and shown in docs/bad-inputs.md."""
