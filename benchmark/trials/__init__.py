"""Fit and predict once; tune inside the training rows."""
