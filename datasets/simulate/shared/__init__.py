"""Hold what all generators draw from."""
