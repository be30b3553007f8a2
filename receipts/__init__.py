"""What a slip says, and its bytes."""
