"""Read files in the formats of their sources."""
