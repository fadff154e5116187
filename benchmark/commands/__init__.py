"""Answer the command line."""
