"""Bring the files of a source onto this machine."""
