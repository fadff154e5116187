"""Turn names into entries and datasets."""
