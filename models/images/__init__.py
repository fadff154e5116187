"""Encoders of one image of a cell."""
