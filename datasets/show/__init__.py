"""Draw contact sheets of cohorts."""
