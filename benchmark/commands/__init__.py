"""Answer the command line."""

from benchmark.commands.cli import main

__all__ = [
    "main",
]
