"""Encoders of genes."""
