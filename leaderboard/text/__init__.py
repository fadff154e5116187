"""Make names harmless in files, pages and addresses."""
