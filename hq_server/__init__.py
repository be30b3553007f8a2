"""The head office's program."""
