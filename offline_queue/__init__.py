"""The signed outbox and its delivery."""
