"""Make the long tables of scores."""
