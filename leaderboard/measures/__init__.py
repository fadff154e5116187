"""Score one set of predictions."""
