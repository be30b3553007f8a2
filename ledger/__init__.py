"""What value is, where it is, and when it may move."""
