"""The till's program."""
