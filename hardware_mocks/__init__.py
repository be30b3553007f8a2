"""The bench: devices that answer in bytes, and a head office that can fail."""
