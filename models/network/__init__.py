"""The one network skeleton."""
