"""Load generated cohorts whose Bayes optimum is known."""
