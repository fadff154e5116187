"""Answer one question of a reader a file."""
