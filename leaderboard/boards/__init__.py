"""Make the whole board of a suite."""
