"""A whole chain in one process, with the real programs: virtual time, seeded chance, and faults of every kind."""
