"""The signed outbox, its delivery, and the gateway that takes deliveries in."""
