"""Publish boards, verify and compare them, submit entries."""
