"""Leaderboards from a predictions table; imports nothing of the other packages."""
