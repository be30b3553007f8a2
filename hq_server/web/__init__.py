"""HQ's pages for its people, and the routes that serve them."""
