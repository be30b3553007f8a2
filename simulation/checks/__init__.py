"""What must be so in a chain, whatever has happened to it. Each check is an AssertionError that says what is not."""
