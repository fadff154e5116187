"""Deal specimens into folds and roles."""
