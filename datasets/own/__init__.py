"""Read a user's own cohort."""
