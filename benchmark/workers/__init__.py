"""Run trials in processes."""
