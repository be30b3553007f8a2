"""A package, so that a stray `tests` of some library never hides it."""
