"""Run ``python -m benchmark``."""

from benchmark.commands.cli import main

if __name__ == "__main__":
    main()
