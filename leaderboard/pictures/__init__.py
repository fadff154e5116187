"""Draw what the tables say."""
