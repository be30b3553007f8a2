"""Devices: bytes in, events out."""
