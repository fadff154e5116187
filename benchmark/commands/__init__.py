"""Answer the command line."""

from benchmark.commands.cli import app, main, users_mistake

__all__ = [
    "app",
    "main",
    "users_mistake",
]
