"""The card communications server: one long-lived line for each till, docs/hq-api.md."""
