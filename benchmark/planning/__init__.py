"""Turn a suite into trials."""
