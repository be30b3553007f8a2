"""Where HQ keeps its book: one contract, several databases."""
