"""The audit of exports: public keys only, and nothing believed that is not signed."""
