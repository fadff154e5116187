"""Say in words what the tables mean."""
