"""What a till can do, one use case a file."""
