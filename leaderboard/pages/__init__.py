"""Write boards as a static site."""
