"""Shape tables for reading."""
