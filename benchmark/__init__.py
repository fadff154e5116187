"""The harness: suites, plans, trials, store, executors and commands."""
