"""The bench's page: buttons for what can be typed, served on this machine only."""
