"""HQ's API for people, commands and tills that are new, docs/hq-api.md."""
