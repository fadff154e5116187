"""Find leaks and shortcuts in a cohort and its split."""
