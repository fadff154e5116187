"""Read what to run."""
