"""The till's local API, docs/local-api.md: the door for the cashier page and for a POS."""
