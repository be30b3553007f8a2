"""The card communications server: one long-lived line for each lower one, docs/hq-api.md."""
