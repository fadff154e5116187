"""Load public datasets, a file each."""
