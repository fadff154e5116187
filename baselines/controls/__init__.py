"""Entries that should score at chance unless a shortcut is open."""
