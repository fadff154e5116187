"""The generator of cohorts with known truth."""
