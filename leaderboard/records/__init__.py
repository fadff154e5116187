"""Say what goes into a board, and whether it is sound."""
